#include "control/cli/folder_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "control/cli/text.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::cli {
namespace {

namespace fs = std::filesystem;
namespace wire = release::wire;

/// Closes the file on destruction.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int number() const { return number_; }

  private:
    int number_;
};

Answer<std::vector<IgnoreRule>> read_ignore_rules(const fs::path& folder) {
    const fs::path path = folder / ignore_file;
    const std::string name(ignore_file);
    std::error_code ec;
    const fs::file_status status = fs::symlink_status(path, ec);
    if (status.type() == fs::file_type::not_found) return {};
    // An unread file would leave nothing out.
    if (ec) return refuse("cannot look at " + name + ": " + ec.message());
    if (!fs::is_regular_file(status)) {
        return refuse(name + " is " + (fs::is_symlink(status) ? "a link" : "no regular file") +
                      ": the ignore file must be a file in the folder itself");
    }
    const std::uintmax_t bytes = fs::file_size(path, ec);
    if (ec) return refuse("cannot look at " + name + ": " + ec.message());
    if (bytes > ignore_file_bytes_max) {
        return refuse(name + " is " + human_bytes(bytes) + "; it may have " +
                      human_bytes(ignore_file_bytes_max));
    }
    auto text = read_file(path, ignore_file_bytes_max, Links::refused);
    if (!text) return tl::unexpected(std::move(text.error()));
    return parse_ignore_rules(*text);
}

/// A folder during the walk.
struct Open {
    dev_t device = 0;
    ino_t inode = 0;
    std::string shown;
};

class Walk {
  public:
    Walk(Links links, std::vector<IgnoreRule> rules, std::size_t entries_max)
        : links_(links), rules_(std::move(rules)), entries_max_(entries_max) {}

    /// @param where path on disk @param path path in the configuration; empty: the folder itself
    Answer<void> walk(const fs::path& where, const std::string& path);
    FolderFiles& found() { return found_; }

  private:
    Answer<std::vector<std::string>> names_in(const fs::path& where);
    Answer<void> look(fs::path where, const std::string& path);
    Answer<void> take(const fs::path& where, const std::string& path);
    bool leave_out(const fs::path& where, const std::string& path);
    [[nodiscard]] bool is_full() const {
        return links_ == Links::followed && found_.bytes > wire::payload_bytes_max;
    }

    Links links_;
    std::vector<IgnoreRule> rules_;
    FolderFiles found_;
    std::vector<Open> open_;  ///< outermost first
    std::size_t entries_max_, entries_ = 0;
};

tl::unexpected<Failure> cannot_read(const fs::path& folder, const std::string& why) {
    return refuse("cannot read the folder " + printable(folder.string()) + ": " + why);
}

/// Sorted by bytes, so that the same folder gives the same message.
Answer<std::vector<std::string>> Walk::names_in(const fs::path& where) {
    std::vector<std::string> names;
    std::error_code ec;
    for (fs::directory_iterator at(where, ec); !ec && at != fs::directory_iterator();
         at.increment(ec)) {
        if (++entries_ > entries_max_) {
            return refuse("there are more than " + grouped(entries_max_) +
                          " files and folders, the last ones in " + printable(where.string()) +
                          "; " + std::string(ignore_file) + " can leave some out");
        }
        names.push_back(at->path().filename().string());
    }
    if (ec) return cannot_read(where, ec.message());
    std::ranges::sort(names);
    return names;
}

Answer<void> Walk::walk(const fs::path& where, const std::string& path) {
    struct stat status {};
    if (::stat(where.c_str(), &status) != 0) return cannot_read(where, std::strerror(errno));
    Open here{status.st_dev, status.st_ino, path.empty() ? "the folder itself" : printable(path)};
    for (const Open& above : open_) {
        if (above.device != here.device || above.inode != here.inode) continue;
        return refuse(here.shown + " leads back to " + above.shown +
                      ", a folder above it: following it would never end");
    }
    open_.push_back(std::move(here));
    const auto names = names_in(where);
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
        if (is_full()) break;
        auto looked = look(where / name, path.empty() ? name : path + "/" + name);
        if (!looked) return looked;
    }
    open_.pop_back();
    return {};
}

/// Whether the entry is left out; counts it. A link is judged by its target.
bool Walk::leave_out(const fs::path& where, const std::string& path) {
    if (path == ignore_file) return true;
    if (is_git(path)) {
        found_.left_out.has_git = true;
        return true;
    }
    std::error_code ignored;
    const bool is_folder = fs::is_directory(where, ignored);
    if (!is_ignored(rules_, path, is_folder)) return false;
    ++(is_folder ? found_.left_out.folders : found_.left_out.files);
    return true;
}

Answer<void> Walk::look(fs::path where, const std::string& path) {
    if (leave_out(where, path)) return {};
    const std::string shown = printable(path);
    std::error_code ec;
    fs::file_status status = fs::symlink_status(where, ec);
    if (fs::is_symlink(status)) {
        if (links_ == Links::refused) {
            return refuse(shown +
                          " is a link: a configuration has files only; copy what it points to, or "
                          "have all links followed with --dereference");
        }
        const fs::path real = fs::canonical(where, ec);
        if (ec) {
            return refuse(shown + " is a link to " +
                          printable(fs::read_symlink(where, ec).string()) +
                          ", which leads to nothing that can be read");
        }
        where = real;
        status = fs::status(where, ec);
    }
    if (ec) return refuse("cannot look at " + shown + ": " + ec.message());
    return fs::is_directory(status) ? walk(where, path) : take(where, path);
}

/// Takes anything but a folder.
Answer<void> Walk::take(const fs::path& where, const std::string& path) {
    const std::string shown = printable(path);
    std::error_code ec;
    const fs::file_status status = fs::status(where, ec);
    if (ec) return refuse("cannot look at " + shown + ": " + ec.message());
    if (!fs::is_regular_file(status)) {
        return refuse(shown + " is neither a file nor a folder: a configuration has files only");
    }
    if (release::repair_utf8(path) != path) return refuse(shown + ": its name is not UTF-8");
    if ((status.permissions() & ~fs::perms(0777)) != fs::perms::none) {
        return refuse(shown + " has a set-uid, set-gid or sticky bit; a payload carries 0777 only");
    }
    const std::uintmax_t bytes = fs::file_size(where, ec);
    if (ec) return refuse("cannot look at " + shown + ": " + ec.message());
    found_.bytes += bytes;
    found_.files[path] = {where, status.permissions(), static_cast<std::size_t>(bytes)};
    return {};
}

}  // namespace

Answer<FolderFiles> files_of_folder(const std::string& folder, Links links,
                                    std::size_t entries_max) {
    auto rules = read_ignore_rules(folder);
    if (!rules) return tl::unexpected(std::move(rules.error()));
    Walk walk(links, std::move(*rules), entries_max);
    if (auto walked = walk.walk(folder, {}); !walked) {
        return tl::unexpected(std::move(walked.error()));
    }
    if (walk.found().files.empty()) {
        const std::string left_out = told(walk.found().left_out);
        return refuse(printable(folder) + " holds no file" +
                      (left_out.empty() ? "" : " besides what is " + left_out));
    }
    return std::move(walk.found());
}

Answer<std::string> read_file(const fs::path& path, std::size_t bytes_max, Links links) {
    const std::string shown = printable(path.string());
    // Non-blocking, in case the file has become a pipe since it was checked.
    const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    const Descriptor file(
        ::open(path.c_str(), links == Links::refused ? flags | O_NOFOLLOW : flags));
    struct stat status {};
    if (file.number() < 0 || ::fstat(file.number(), &status) != 0) {
        return refuse("cannot read " + shown + ": " + std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) return refuse("cannot read " + shown + ": it is no regular file");
    std::string text;
    std::array<char, 65'536> piece{};
    while (true) {
        const ssize_t size = ::read(file.number(), piece.data(), piece.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return refuse("cannot read " + shown + ": " + std::strerror(errno));
        if (size == 0) return text;
        if (static_cast<std::size_t>(size) > bytes_max - text.size()) {
            return refuse(shown + " has more than the " + grouped(bytes_max) +
                          " bytes left in the payload; is it growing?");
        }
        text.append(piece.data(), static_cast<std::size_t>(size));
    }
}

}  // namespace edgeroll::cli
