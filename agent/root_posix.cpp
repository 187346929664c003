#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "agent/files_posix.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

std::string without_last_slashes(std::string path) {
    while (path.size() > 1 && path.back() == '/')
        path.pop_back();
    return path;
}

/// mkdir -p, following links: the administrator may have placed the root behind a link.
int make_path(const std::string& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string above = path.substr(0, slash);
        if (::mkdir(above.c_str(), 0755) == 0) {
            // The umask may have removed bits that the server's user needs to reach `live`.
            if (::chmod(above.c_str(), 0755) != 0) return errno;
        } else if (errno != EEXIST) {
            return errno;
        }
        if (slash == std::string::npos) return 0;
    }
}

/// An existing folder is the administrator's, and may be closed on purpose.
void warn_if_closed(const std::string& root, const Descriptor& folder) {
    struct stat info {};
    if (::fstat(folder.get(), &info) != 0 || (info.st_mode & S_IXOTH) != 0) return;
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", info.st_mode & 07777U);
    rt::log(rt::LogLevel::warn, "root_is_closed",
            {{"root", root},
             {"mode", mode},
             {"reason", "a server of another user cannot read the live version: chmod o+x"}});
}

}  // namespace

Result<void> check_root(const std::string& root) {
    if (root.empty() || root.front() != '/') {
        return release::fail("AGENT_ROOT " + root +
                             ": must be an absolute path, e.g. /var/lib/edgeroll-agent");
    }
    // In the deepest existing folder the agent must be able to create the rest, unless it is the
    // root itself.
    std::string path = without_last_slashes(root);
    struct stat info {};
    while (path != "/" && ::stat(path.c_str(), &info) != 0 && errno == ENOENT) {
        path.resize(std::max<std::size_t>(path.rfind('/'), 1));
    }
    if (::stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) {
        return release::fail("AGENT_ROOT " + root + ": " + path +
                             " is not a folder; choose another one");
    }
    if (::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        return release::fail("AGENT_ROOT " + root + ": " + path + " is not writable (" +
                             disk_reason(errno) + "); give the folder to the agent's user");
    }
    return {};
}

Result<void> check_user(const std::string& root) {
    struct stat info {};
    if (::geteuid() != 0 || ::stat(root.c_str(), &info) != 0 || info.st_uid == 0) return {};
    const std::string owner = user_name(info.st_uid);
    return release::fail("AGENT_ROOT " + root + " belongs to " + owner +
                         ", and root may do what that user may not; check as the agent's user: "
                         "runuser -u " +
                         owner + " -- edgeroll-agent check");
}

std::string user_name(unsigned id) {
    // Not thread-safe: called by single-threaded programs at their start.
    const passwd* const found = ::getpwuid(id);
    return found != nullptr ? found->pw_name : std::to_string(id);
}

Result<std::unique_ptr<Files>> open_root(const std::string& root) {
    const auto bad = [&](const std::string& what) {
        return release::fail("AGENT_ROOT " + root + ": " + what);
    };
    if (root.empty() || root.front() != '/') {
        return bad("must be an absolute path, e.g. /var/lib/edgeroll-agent");
    }
    if (const int error = make_path(root); error != 0) {
        return bad("cannot be made: " + disk_reason(error) +
                   "; make the folder and give it to the agent's user");
    }
    Descriptor folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open()) return bad("cannot be opened: " + disk_reason(errno));
    if (::faccessat(folder.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
        return bad("is not writable: " + disk_reason(errno) +
                   "; give the folder to the agent's user");
    }
    if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return bad("another edgeroll-agent uses it; stop that one or choose another folder");
        }
        return bad("cannot be locked: " + disk_reason(errno));
    }
    warn_if_closed(root, folder);
    return make_files(without_last_slashes(root), std::move(folder));
}

}  // namespace edgeroll::agent
