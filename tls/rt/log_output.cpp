#include "tls/rt/log_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace edgeroll::rt {
namespace {

constexpr int look_again_ms = 200;  ///< to notice the end or a replaced descriptor

bool may_write(int descriptor, int wait_ms) {
    pollfd watched{descriptor, POLLOUT, 0};
    return ::poll(&watched, 1, wait_ms) == 1;
}

}  // namespace

/// Writes to the descriptor without blocking and without changing its flags, which other holders
/// share.
class LogOutput::Target {
  public:
    explicit Target(int descriptor) : descriptor_(descriptor) {}
    ~Target() { forget(); }
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    /// Bytes written: all, fewer (the reader is slow), or -1 (the line is lost).
    ssize_t write(std::string_view bytes) {
        look();
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t size = write_some(bytes.substr(done));
            if (size < 0 && errno == EINTR) continue;
            if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
            if (size < 0) return -1;
            done += static_cast<std::size_t>(size);
        }
        return static_cast<ssize_t>(done);
    }

    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    /// Examines the file that is behind the descriptor now.
    void look() {
        struct stat info {};
        if (::fstat(descriptor_, &info) != 0) info = {};
        if (is_known_ && info.st_dev == known_.st_dev && info.st_ino == known_.st_ino) return;
        forget();
        known_ = info;
        is_known_ = true;
        if (!S_ISFIFO(info.st_mode) && ::isatty(descriptor_) == 0) return;
        // A pipe may be shared, so its free space can change at any moment; a separately opened
        // descriptor can be non-blocking.
        const std::string path = "/proc/self/fd/" + std::to_string(descriptor_);
        own_ = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    }

    void forget() {
        if (own_ >= 0) ::close(own_);
        own_ = -1;
    }

    ssize_t write_some(std::string_view bytes) const {
        if (own_ >= 0) return ::write(own_, bytes.data(), bytes.size());
        if (S_ISSOCK(known_.st_mode)) {
            return ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        }
        if (!may_write(descriptor_, 0)) {
            errno = EAGAIN;
            return -1;
        }
        // A pipe that cannot be opened again: at least this much fits.
        const std::size_t size_max = S_ISFIFO(known_.st_mode) ? PIPE_BUF : bytes.size();
        return ::write(descriptor_, bytes.data(), std::min(bytes.size(), size_max));
    }

    int descriptor_;
    int own_ = -1;
    struct stat known_ {};
    bool is_known_ = false;
};

LogOutput::LogOutput(int descriptor, CountLine count_line, std::size_t waiting_bytes_max)
    : count_line_(std::move(count_line)),
      waiting_bytes_max_(waiting_bytes_max),
      target_(std::make_unique<Target>(descriptor)) {}

LogOutput::~LogOutput() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void LogOutput::write(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (waiting_bytes_ + line.size() > waiting_bytes_max_) {
        ++dropped_;
    } else {
        if (dropped_ > 0) tell_dropped();
        add({std::string(line), 0});
        if (waiting_.size() == 1 || !thread_.joinable()) (void)send_waiting();
    }
    if (waiting_.empty()) return;
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    changed_.notify_all();
}

void LogOutput::add(Line line) {
    waiting_bytes_ += line.text.size();
    waiting_.push_back(std::move(line));
}

void LogOutput::tell_dropped() {
    const std::uint64_t count = std::exchange(dropped_, 0);
    add({count_line_(count), count});
}

/// Returns whether the queue is empty.
bool LogOutput::send_waiting() {
    while (!waiting_.empty()) {
        Line& line = waiting_.front();
        const ssize_t size = target_->write(line.text);
        const bool is_lost = size < 0;
        if (!is_lost && static_cast<std::size_t>(size) < line.text.size()) {
            line.text.erase(0, static_cast<std::size_t>(size));
            waiting_bytes_ -= static_cast<std::size_t>(size);
            return false;
        }
        if (is_lost) dropped_ += std::max<std::uint64_t>(line.tells_of, 1);
        waiting_bytes_ -= line.text.size();
        waiting_.pop_front();
        if (waiting_.empty() && !is_lost && dropped_ > 0) tell_dropped();
    }
    return true;
}

void LogOutput::run() {
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        if (send_waiting()) {
            changed_.notify_all();
            changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
            continue;
        }
        const int descriptor = target_->descriptor();
        lock.unlock();
        (void)may_write(descriptor, look_again_ms);
        lock.lock();
    }
}

bool LogOutput::flush(release::Millis at_most) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, at_most, [this] { return waiting_.empty(); });
}

}  // namespace edgeroll::rt
