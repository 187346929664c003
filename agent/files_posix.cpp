#include "agent/files_posix.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <system_error>

namespace edgeroll::agent {
namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr off_t reserve_bytes = 1 << 20;

/// Builds a failed call's error; reads errno first.
auto trouble(const std::string& doing, const std::string& path, int error) {
    return release::fail("cannot " + doing + " " + path + ": " + disk_reason(error));
}

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// Names in an open folder; false with errno when it cannot be read.
bool read_names(const Descriptor& folder, std::vector<std::string>& names) {
    const int own = ::openat(folder.get(), ".", folder_flags);
    if (own < 0) return false;
    DIR* stream = ::fdopendir(own);
    if (stream == nullptr) {
        ::close(own);
        return false;
    }
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
        errno = 0;
    }
    const int error = errno;
    ::closedir(stream);
    errno = error;
    return error == 0;
}

class PosixFiles final : public Files {
  public:
    PosixFiles(std::string root, Descriptor folder)
        : root_(std::move(root)), folder_(std::move(folder)) {}

    Result<void> make_folders(const std::string& path) override {
        Descriptor folder(::fcntl(folder_.get(), F_DUPFD_CLOEXEC, 0));
        for (const std::string& part : parts(path)) {
            const bool is_new = ::mkdirat(folder.get(), part.c_str(), 0755) == 0;
            if (!is_new && errno != EEXIST) return trouble("make folder", absolute(path), errno);
            if (is_new && ::fsync(folder.get()) != 0) {
                return trouble("make folder", absolute(path), errno);
            }
            Descriptor next(::openat(folder.get(), part.c_str(), folder_flags));
            if (!next.is_open()) return trouble("open folder", absolute(path), errno);
            // The umask may have removed bits that the server's user needs.
            if (is_new && ::fchmod(next.get(), 0755) != 0) {
                return trouble("make folder", absolute(path), errno);
            }
            folder = std::move(next);
        }
        return {};
    }

    Result<void> create_file(const std::string& path, std::string_view bytes,
                             const FileAccess& access) override {
        // Not taken apart by auto [folder, name]: clang 14 lets no lambda see such names.
        const auto place = parent(path);
        const Descriptor& folder = place.first;
        const std::string& name = place.second;
        if (!folder.is_open()) return trouble("write", absolute(path), errno);
        const Descriptor file(::openat(folder.get(), name.c_str(),
                                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file.is_open()) return trouble("write", absolute(path), errno);
        const auto refuse = [&](const std::string& doing) {
            const int error = errno;
            ::unlinkat(folder.get(), name.c_str(), 0);
            return trouble(doing, absolute(path), error);
        };
        // Before the mode: another group must never be able to read it.
        if (access.group && ::fchown(file.get(), static_cast<uid_t>(-1), *access.group) != 0) {
            return refuse("give the group of AGENT_SECRET_GROUP");
        }
        if (!write_all(file.get(), bytes) ||
            ::fchmod(file.get(), static_cast<mode_t>(access.mode)) != 0 ||
            ::fsync(file.get()) != 0) {
            return refuse("write");
        }
        return {};
    }

    Result<void> sync_tree(const std::string& path) override {
        const Descriptor folder = open_folder(path);
        if (!folder.is_open() || !sync_below(folder)) {
            return trouble("write folder", absolute(path), errno);
        }
        return {};
    }

    Result<void> rename(const std::string& from, const std::string& to) override {
        const auto [from_folder, from_name] = parent(from);
        const auto [to_folder, to_name] = parent(to);
        if (!from_folder.is_open() || !to_folder.is_open() ||
            ::renameat(from_folder.get(), from_name.c_str(), to_folder.get(), to_name.c_str()) !=
                0 ||
            ::fsync(to_folder.get()) != 0 || ::fsync(from_folder.get()) != 0) {
            return trouble("rename " + absolute(from) + " to", absolute(to), errno);
        }
        return {};
    }

    Result<void> exchange(const std::string& one, const std::string& other) override {
        const auto [one_folder, one_name] = parent(one);
        const auto [other_folder, other_name] = parent(other);
        if (!one_folder.is_open() || !other_folder.is_open() ||
            ::renameat2(one_folder.get(), one_name.c_str(), other_folder.get(), other_name.c_str(),
                        RENAME_EXCHANGE) != 0 ||
            ::fsync(one_folder.get()) != 0 || ::fsync(other_folder.get()) != 0) {
            return trouble("exchange " + absolute(one) + " and", absolute(other), errno);
        }
        return {};
    }

    Result<void> remove(const std::string& path) override {
        const auto [folder, name] = parent(path);
        if (!folder.is_open()) {
            if (errno == ENOENT) return {};
            return trouble("remove", absolute(path), errno);
        }
        if (!remove_at(folder, name) || ::fsync(folder.get()) != 0) {
            return trouble("remove", absolute(path), errno);
        }
        return {};
    }

    Result<std::optional<std::string>> read_link(const std::string& path) override {
        const auto [folder, name] = parent(path);
        std::string target(PATH_MAX, '\0');
        const ssize_t size = folder.is_open() ? ::readlinkat(folder.get(), name.c_str(),
                                                             target.data(), target.size())
                                              : -1;
        if (size < 0) {
            if (errno == ENOENT) return std::optional<std::string>();
            if (errno == EINVAL) {
                return release::fail(absolute(path) +
                                     " must be a symbolic link or absent: move it away");
            }
            return trouble("read link", absolute(path), errno);
        }
        target.resize(static_cast<std::size_t>(size));
        return std::optional<std::string>(std::move(target));
    }

    Result<void> point_link(const std::string& path, const std::string& target) override {
        const auto present = read_link(path);
        if (!present) return tl::unexpected(present.error());
        const auto [folder, name] = parent(path);
        if (!folder.is_open()) return trouble("write link", absolute(path), errno);
        if (*present != target) {
            const std::string temporary = name + ".new";
            if (::unlinkat(folder.get(), temporary.c_str(), 0) != 0 && errno != ENOENT) {
                return trouble("write link", absolute(path), errno);
            }
            if (::symlinkat(target.c_str(), folder.get(), temporary.c_str()) != 0 ||
                ::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0) {
                return trouble("write link", absolute(path), errno);
            }
        }
        if (::fsync(folder.get()) != 0) return trouble("write link", absolute(path), errno);
        return {};
    }

    Result<std::vector<std::string>> list(const std::string& path) override {
        std::vector<std::string> names;
        const Descriptor folder = open_folder(path);
        if (!folder.is_open() && errno == ENOENT) return names;
        if (!folder.is_open() || !read_names(folder, names)) {
            return trouble("read folder", absolute(path), errno);
        }
        std::ranges::sort(names);
        return names;
    }

    Result<std::vector<FoundFile>> find_files(const std::string& path,
                                              std::size_t entries_max) override {
        Search search{entries_max, {}};
        const Descriptor folder = open_folder(path);
        if (!folder.is_open() && errno == ENOENT) return std::move(search.found);
        if (!folder.is_open() || !find_below(folder, path, search)) {
            return trouble("read folder", absolute(path), errno);
        }
        if (!search.is_whole) {
            return release::fail(absolute(path) + " has more than " + std::to_string(entries_max) +
                                 " files and folders");
        }
        return std::move(search.found);
    }

    bool is_folder(const std::string& path) override { return open_folder(path).is_open(); }

    std::optional<std::int64_t> identity(const std::string& path) override {
        const auto folder = open_folder(path);
        struct stat found {};
        if (!folder.is_open() || ::fstat(folder.get(), &found) != 0) return std::nullopt;
        return static_cast<std::int64_t>(found.st_ino);
    }

    Result<std::optional<std::string>> read_file(const std::string& path,
                                                 std::size_t bytes_max) override {
        const auto [folder, name] = parent(path);
        const Descriptor file(folder.is_open() ? ::openat(folder.get(), name.c_str(),
                                                          O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
                                               : -1);
        if (!file.is_open()) {
            if (errno == ENOENT) return std::optional<std::string>();
            return trouble("read", absolute(path), errno);
        }
        std::string bytes;
        std::string chunk(1 << 16, '\0');
        while (true) {
            const ssize_t size = ::read(file.get(), chunk.data(), chunk.size());
            if (size < 0 && errno == EINTR) continue;
            if (size < 0) return trouble("read", absolute(path), errno);
            if (size == 0) return std::optional<std::string>(std::move(bytes));
            bytes.append(chunk, 0, static_cast<std::size_t>(size));
            if (bytes.size() > bytes_max) {
                return release::fail(absolute(path) + " is larger than " +
                                     std::to_string(bytes_max) + " bytes");
            }
        }
    }

    Result<void> append(const std::string& path, std::string_view bytes) override {
        const auto [folder, name] = parent(path);
        if (!folder.is_open()) return trouble("write", absolute(path), errno);
        const Descriptor file(::openat(folder.get(), name.c_str(),
                                       O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                                       0600));
        struct stat before {};
        if (!file.is_open() || ::fstat(file.get(), &before) != 0) {
            return trouble("write", absolute(path), errno);
        }
        const auto size = static_cast<off_t>(bytes.size());
        if (off_t{before.st_blocks} * 512 < before.st_size + size + reserve_bytes / 2) {
            // Only a reserve: without support or on a full disk the write reports the error.
            (void)::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, before.st_size,
                              size + reserve_bytes);
        }
        if (!write_all(file.get(), bytes) || ::fdatasync(file.get()) != 0 ||
            (before.st_size == 0 && ::fsync(folder.get()) != 0)) {
            const int error = errno;
            // If this fails too, the caller's next line begins with a newline.
            (void)!::ftruncate(file.get(), before.st_size);
            return trouble("write", absolute(path), error);
        }
        return {};
    }

    Result<std::int64_t> free_bytes() override {
        struct statvfs info {};
        if (::fstatvfs(folder_.get(), &info) != 0) return trouble("look at", root_, errno);
        return static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
    }

    std::string absolute(const std::string& path) const override {
        return path.empty() ? root_ : root_ + "/" + path;
    }

  private:
    static std::vector<std::string> parts(const std::string& path) {
        std::vector<std::string> found;
        std::size_t start = 0;
        while (start <= path.size() && !path.empty()) {
            const auto slash = std::min(path.find('/', start), path.size());
            found.push_back(path.substr(start, slash - start));
            start = slash + 1;
        }
        return found;
    }

    /// Opens folder by folder and never follows a link, so that nothing outside the root can be
    /// reached whatever the tree contains. Also refuses `..` and empty parts: a second check after
    /// the callers' own. Closed, with errno, on failure.
    [[nodiscard]] Descriptor walk(const std::vector<std::string>& names) const {
        Descriptor folder(::fcntl(folder_.get(), F_DUPFD_CLOEXEC, 0));
        for (const std::string& part : names) {
            if (!folder.is_open()) break;
            if (part.empty() || part == "." || part == "..") {
                errno = EINVAL;
                return {};
            }
            Descriptor next(::openat(folder.get(), part.c_str(), folder_flags));
            const int error = errno;
            folder = std::move(next);
            errno = error;
        }
        return folder;
    }

    [[nodiscard]] Descriptor open_folder(const std::string& path) const {
        return walk(parts(path));
    }

    [[nodiscard]] std::pair<Descriptor, std::string> parent(const std::string& path) const {
        std::vector<std::string> names = parts(path);
        if (names.empty() || names.back().empty() || names.back() == "." || names.back() == "..") {
            errno = EINVAL;
            return {};
        }
        std::string name = std::move(names.back());
        names.pop_back();
        return {walk(names), std::move(name)};
    }

    static bool sync_below(const Descriptor& folder) {
        std::vector<std::string> names;
        if (!read_names(folder, names)) return false;
        for (const std::string& name : names) {
            const Descriptor below(::openat(folder.get(), name.c_str(), folder_flags));
            if (below.is_open()) {
                if (!sync_below(below)) return false;
            } else if (errno != ENOTDIR && errno != ELOOP) {
                return false;
            }
        }
        return ::fsync(folder.get()) == 0;
    }

    struct Search {
        std::size_t entries_left = 0;
        std::vector<FoundFile> found;
        bool is_whole = true;
    };

    /// False, with errno, when a folder cannot be read.
    static bool find_below(const Descriptor& folder, const std::string& path, Search& search) {
        std::vector<std::string> names;
        if (!read_names(folder, names)) return false;
        std::ranges::sort(names);
        for (const std::string& name : names) {
            if (search.entries_left == 0) search.is_whole = false;
            if (!search.is_whole) return true;
            --search.entries_left;
            struct stat info {};
            if (::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
                if (errno == ENOENT) continue;
                return false;
            }
            std::string below = path + "/" + name;
            if (S_ISDIR(info.st_mode)) {
                const Descriptor next(::openat(folder.get(), name.c_str(), folder_flags));
                if (!next.is_open() || !find_below(next, below, search)) return false;
                continue;
            }
            constexpr std::int64_t second_ns = 1'000'000'000;
            const FileStamp stamp{info.st_ino, info.st_size,
                                  info.st_ctim.tv_sec * second_ns + info.st_ctim.tv_nsec};
            search.found.push_back({std::move(below), static_cast<int>(info.st_mode & 07777U),
                                    stamp, S_ISREG(info.st_mode)});
        }
        return true;
    }

    static bool remove_at(const Descriptor& folder, const std::string& name) {
        if (::unlinkat(folder.get(), name.c_str(), 0) == 0 || errno == ENOENT) return true;
        if (errno != EISDIR && errno != EPERM) return false;
        {
            const Descriptor below(::openat(folder.get(), name.c_str(), folder_flags));
            std::vector<std::string> names;
            if (!below.is_open() || !read_names(below, names)) return false;
            for (const std::string& inner : names) {
                if (!remove_at(below, inner)) return false;
            }
        }
        return ::unlinkat(folder.get(), name.c_str(), AT_REMOVEDIR) == 0;
    }

    std::string root_;
    Descriptor folder_;
};

}  // namespace

std::string disk_reason(int error) {
    std::string text = std::generic_category().message(error);
    if (error == ENOSPC || error == EDQUOT) text += " (free some space on the disk of AGENT_ROOT)";
    if (error == EIO) text += " (the disk of AGENT_ROOT is broken; look at the kernel log)";
    if (error == EROFS) text += " (the disk of AGENT_ROOT is mounted read-only)";
    if (error == ELOOP || error == ENOTDIR) text += " (a link or file where a folder should be)";
    return text;
}

std::unique_ptr<Files> make_files(std::string root, Descriptor folder) {
    return std::make_unique<PosixFiles>(std::move(root), std::move(folder));
}

}  // namespace edgeroll::agent
