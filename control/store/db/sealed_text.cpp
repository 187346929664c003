#include "control/store/db/sealed_text.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "control/store/db/error.hpp"

namespace edgeroll::control {
namespace {

bool write_all(int file, const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
        const auto size = ::write(file, text.data() + done, text.size() - done);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return false;
        done += static_cast<std::size_t>(size);
    }
    return true;
}

bool seal(int file) {
    return ::fchmod(file, S_IRUSR) == 0 &&
           ::fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ==
               0;
}

/// Reads the file in the same way as the library.
bool reads_back(const std::string& path, const std::string& text) {
    std::ifstream stream(path, std::ios::binary);
    const std::string back{std::istreambuf_iterator<char>(stream),
                           std::istreambuf_iterator<char>()};
    return stream.is_open() && back == text;
}

}  // namespace

SealedText::SealedText(const std::string& text)
    : file_(::memfd_create("edgeroll", MFD_CLOEXEC | MFD_ALLOW_SEALING)),
      path_("/proc/self/fd/" + std::to_string(file_)) {
    if (file_ >= 0 && write_all(file_, text) && seal(file_) && reads_back(path_, text)) return;
    const std::string reason = std::strerror(errno);
    if (file_ >= 0) ::close(file_);
    throw DbFailure(
        "cannot keep the log-in to the database safe: no file in memory that could be "
        "read as /proc/self/fd/… (" +
            reason + "); is /proc mounted?",
        release::Outcome::not_done);
}

SealedText::~SealedText() {
    ::close(file_);
}

}  // namespace edgeroll::control
