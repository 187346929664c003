#include "tls/rt/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace edgeroll::rt {
namespace {

using release::fail;

/// Closes the file on destruction.
class Open {
  public:
    explicit Open(const std::string& path)
        : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)) {}
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    ~Open() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int number() const { return number_; }

  private:
    int number_;
};

std::string sizes(std::size_t bytes) {
    const bool is_mebi = bytes % (1U << 20) == 0;
    if (!is_mebi && bytes % 1024 != 0) return std::to_string(bytes) + " bytes";
    return is_mebi ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes >> 10) + " KiB";
}

auto unreadable() {
    return fail(std::string("cannot be read (") + std::strerror(errno) + ")");
}

}  // namespace

std::optional<std::string> loose_mode_fault(unsigned mode) {
    if (!S_ISREG(mode) || (mode & (S_IROTH | S_IWOTH)) == 0) return std::nullopt;
    std::array<char, 8> digits{};
    std::snprintf(digits.data(), digits.size(), "%04o", mode & 07777U);
    return std::string("may be ") + ((mode & S_IROTH) != 0 ? "read" : "written") +
           " by everybody on this machine (mode " + digits.data() +
           "): chmod o= it, or set ALLOW_LOOSE_FILES=1";
}

release::Result<std::string> read_secret_file(const std::string& path, SecretFileOptions options) {
    auto file = read_judged_file(path, options.bytes_max);
    if (!file) return tl::unexpected(file.error());
    if (file->fault && options.loose == LooseFiles::refused) return fail(*file->fault);
    return std::move(file->text);
}

release::Result<JudgedFile> read_judged_file(const std::string& path, std::size_t bytes_max) {
    const Open file(path);
    struct stat info {};
    if (file.number() < 0 || ::fstat(file.number(), &info) != 0) return unreadable();
    JudgedFile judged;
    judged.fault = loose_mode_fault(info.st_mode);
    std::array<char, 16'384> piece{};
    while (true) {
        const ssize_t size = ::read(file.number(), piece.data(), piece.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return unreadable();
        if (size == 0) return judged;
        judged.text.append(piece.data(), static_cast<std::size_t>(size));
        if (judged.text.size() > bytes_max) {
            return fail("is larger than " + sizes(bytes_max));
        }
    }
}

}  // namespace edgeroll::rt
