#include "control/cli/posix_ports.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace edgeroll::cli {
namespace {

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// One byte of standard input; nothing at its end, or when it cannot be read.
std::optional<char> read_byte() {
    for (;;) {
        char byte = 0;
        const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
        if (count == 1) return byte;
        if (count == 0 || errno != EINTR) return {};
    }
}

}  // namespace

PosixScreen::PosixScreen(const std::string& term)
    : is_live_(::isatty(STDOUT_FILENO) == 1 && !term.empty() && term != "dumb") {}

void PosixScreen::out(std::string_view text) {
    if (!write_all(STDOUT_FILENO, text)) has_failed_ = true;
}

void PosixScreen::err(std::string_view text) {
    write_all(STDERR_FILENO, text);
}

Screen::Size PosixScreen::size() const {
    Size size;
    winsize window{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0) return size;
    if (window.ws_col >= 20) size.columns = window.ws_col;
    if (window.ws_row >= 5) size.rows = window.ws_row;
    return size;
}

Moment PosixTime::now() const {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return Moment{std::chrono::duration_cast<Millis>(now)};
}

void PosixTime::wait(Millis duration) {
    std::this_thread::sleep_for(duration);
}

bool PosixKeyboard::has_person() const {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

std::optional<std::string> PosixKeyboard::read_line() {
    constexpr std::size_t bytes_max = 4096;  // for the answer to a question
    std::string line;
    for (;;) {
        const auto byte = read_byte();
        if (!byte) return line.empty() ? std::nullopt : std::optional(line);
        if (*byte == '\n') return line;
        if (line.size() < bytes_max) line += *byte;
    }
}

std::optional<std::string> PosixKeyboard::read_all(std::size_t bytes_max) {
    std::string text;
    while (const auto byte = read_byte()) {
        if (text.size() == bytes_max) return {};
        text += *byte;
    }
    return text;
}

}  // namespace edgeroll::cli
