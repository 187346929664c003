#include "agent/trusted_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <sstream>

#include "agent/reason.hpp"

namespace edgeroll::agent {
namespace {

constexpr int links_max = 40;  // the kernel's limit

bool is_ours(const struct stat& info) {
    return info.st_uid == 0 || info.st_uid == ::geteuid();
}

void put_in_front(std::deque<std::string>& parts, const std::string& path) {
    std::istringstream text(path);
    std::deque<std::string> fresh;
    for (std::string part; std::getline(text, part, '/');) {
        if (!part.empty() && part != ".") fresh.push_back(std::move(part));
    }
    parts.insert(parts.begin(), fresh.begin(), fresh.end());
}

/// For a folder on the way: how other users could replace the next part.
std::string way_fault(const struct stat& info) {
    const bool is_sticky = (info.st_mode & S_ISVTX) != 0;
    if (is_sticky && is_ours(info)) return {};
    return owner_fault(info);
}

}  // namespace

std::string owner_fault(const struct stat& info) {
    if (!is_ours(info)) return "belongs neither to root nor to the agent's user: chown it";
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return "is writable by group or others: chmod go-w it";
    }
    return {};
}

Result<Descriptor> open_trusted_folder(const std::string& called, const std::string& path) {
    const auto refuse = [&](const std::string& where, const std::string& why) {
        const std::string name = called + " " + path;
        return release::fail(where.empty() || where == path ? name + " " + why
                                                            : name + ": " + where + " " + why);
    };
    if (!path.starts_with('/')) return refuse("", "is no absolute path");
    std::deque<std::string> parts;
    put_in_front(parts, path);
    Descriptor here(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    std::string where;
    struct stat info {};
    if (!here.is_open() || ::fstat(here.get(), &info) != 0) {
        return refuse("/", "cannot be opened: " + reason(errno));
    }
    int links = 0;
    while (!parts.empty()) {
        if (const auto fault = way_fault(info); !fault.empty()) {
            return refuse(where.empty() ? "/" : where, fault);
        }
        const std::string part = std::move(parts.front());
        parts.pop_front();
        const std::string next = part == ".." ? where + "/.." : where + "/" + part;
        if (::fstatat(here.get(), part.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
            return refuse(next, "cannot be opened: " + reason(errno));
        }
        if (S_ISLNK(info.st_mode)) {
            if (!is_ours(info)) {
                return refuse(next, "is a link of neither root nor the agent's user: remove it");
            }
            std::array<char, PATH_MAX> target{};
            const ssize_t size =
                ::readlinkat(here.get(), part.c_str(), target.data(), target.size());
            if (size < 0 || static_cast<std::size_t>(size) == target.size() ||
                ++links > links_max) {
                return refuse(next, "is a link that leads nowhere");
            }
            const std::string text(target.data(), static_cast<std::size_t>(size));
            put_in_front(parts, text);
            if (text.starts_with('/')) {
                here = Descriptor(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
                where.clear();
            }
        } else {
            here = Descriptor(
                ::openat(here.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            where = next;
        }
        if (!here.is_open() || ::fstat(here.get(), &info) != 0) {
            return refuse(next, "cannot be opened: " + reason(errno));
        }
    }
    if (const auto fault = owner_fault(info); !fault.empty()) return refuse(where, fault);
    return here;
}

Result<TrustedProgram> open_trusted_program(const Descriptor& folder,
                                            const std::string& folder_path,
                                            const std::string& name) {
    const auto refuse = [&](const std::string& why) {
        return release::fail(folder_path + "/" + name + " " + why);
    };
    TrustedProgram program;
    // Without O_NONBLOCK opening a named pipe would block.
    program.file = Descriptor(::openat(folder.get(), name.c_str(),
                                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!program.file.is_open()) {
        const int error = errno;
        if (error == ENOENT) {
            program.is_absent = true;
            return program;
        }
        if (error == ELOOP) return refuse("is a link: put the program itself there");
        return refuse("cannot be opened: " + reason(error));
    }
    struct stat info {};
    if (::fstat(program.file.get(), &info) != 0) {
        return refuse("cannot be examined: " + reason(errno));
    }
    if (!S_ISREG(info.st_mode)) return refuse("is not a regular file");
    if ((info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
        return refuse("is not executable: chmod +x it");
    }
    if (const auto fault = owner_fault(info); !fault.empty()) return refuse(fault);
    return program;
}

}  // namespace edgeroll::agent
