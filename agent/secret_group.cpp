#include "agent/secret_group.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "agent/files_posix.hpp"

namespace edgeroll::agent {
namespace {

/// By the process, as the kernel decides it.
bool is_in_group(gid_t group) {
    if (::getegid() == group) return true;
    const int count = ::getgroups(0, nullptr);
    if (count <= 0) return false;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    const int given = ::getgroups(count, groups.data());
    return given > 0 &&
           std::find(groups.begin(), groups.begin() + given, group) != groups.begin() + given;
}

/// By the user database, for the next process started as this user.
bool is_member(gid_t group) {
    const passwd* const user = ::getpwuid(::geteuid());
    if (user == nullptr) return false;
    const std::string name = user->pw_name;
    const gid_t own = user->pw_gid;
    int count = 64;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (::getgrouplist(name.c_str(), own, groups.data(), &count) < 0)
        groups.resize(std::max(static_cast<std::size_t>(count), 2 * groups.size()));
    const auto end = groups.begin() + count;
    return std::find(groups.begin(), end, group) != end;
}

}  // namespace

release::Result<std::optional<unsigned>> find_secret_group(const std::string& name) {
    if (name.empty()) return std::optional<unsigned>();
    const std::string user = user_name(::geteuid());
    const std::string join = "usermod -aG " + name + " " + user;
    const auto refuse = [&](const std::string& why) {
        return release::fail("AGENT_SECRET_GROUP " + name + ": " + why);
    };
    const group* const found = ::getgrnam(name.c_str());
    if (found == nullptr) {
        return refuse("there is no such group: groupadd --system " + name + " && " + join +
                      ", or unset it");
    }
    const gid_t id = found->gr_gid;
    if (::geteuid() == 0 || is_in_group(id)) return std::optional<unsigned>(id);
    if (is_member(id)) {
        return refuse("the user " + user +
                      " is a member of it only since this session or service was started (" + join +
                      "): start it again");
    }
    return refuse("the user " + user + " is no member of it and may not give files to it: " + join +
                  ", then start the agent again");
}

}  // namespace edgeroll::agent
