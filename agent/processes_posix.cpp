#include "agent/processes_posix.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "agent/child.hpp"
#include "agent/process_tree.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

constexpr Millis kill_after{2'000};
constexpr Millis drain_time{200};   ///< for output still in the pipe after the command's end
constexpr Millis kill_time{1'000};  ///< for killed processes to disappear

Millis monotonic_now() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return Millis(std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000);
}

/// Waits for one child: its output, its end, its timeout, and an interrupt.
class Watch {
  public:
    Watch(Child child, const Interrupt& interrupt, Millis timeout, std::size_t output_bytes_max)
        : child_(std::move(child)),
          interrupt_(interrupt),
          output_bytes_max_(output_bytes_max),
          time_up_at_(monotonic_now() + timeout) {}

    CommandResult run() {
        while (!is_over())
            wait();
        if (is_ending_) {
            if (!has_ended_) ::kill(-child_.pid, SIGKILL);
            const std::size_t left = kill_descendants(child_.keeper, kill_time);
            if (left > 0) {
                rt::log(rt::LogLevel::warn, "processes_left",
                        {{"count", std::to_string(left)},
                         {"reason",
                          "a command that was ended has started processes that this "
                          "user cannot kill"}});
            }
        }
        end_keeper(child_);
        CommandResult result = outcome();
        keep_output(result);
        return result;
    }

  private:
    [[nodiscard]] bool is_over() {
        const Millis now = monotonic_now();
        if (!is_ending_ && !has_ended_) {
            if (interrupt_.is_set())
                begin_end(CommandResult::End::interrupted, now);
            else if (now >= time_up_at_)
                begin_end(CommandResult::End::timed_out, now);
        }
        if (is_ending_) return (has_ended_ && !child_.output.is_open()) || now >= give_up_at_;
        return has_ended_ && (!child_.output.is_open() || now >= give_up_at_);
    }

    void begin_end(CommandResult::End why, Millis now) {
        is_ending_ = true;
        why_ = why;
        give_up_at_ = now + kill_after;
        // No descendants visible: without /proc the process group remains.
        if (signal_descendants(child_.keeper, SIGTERM) == 0) ::kill(-child_.pid, SIGTERM);
    }

    void wait() {
        std::vector<pollfd> watched;
        const auto watch = [&](int descriptor) {
            watched.push_back(pollfd{descriptor, POLLIN, 0});
        };
        if (child_.output.is_open()) watch(child_.output.get());
        if (!has_ended_) watch(child_.ended.get());
        if (!is_ending_ && !has_ended_) watch(interrupt_.descriptor());
        const Millis until = is_ending_ || has_ended_ ? give_up_at_ : time_up_at_;
        const Millis left = std::clamp(until - monotonic_now(), Millis(0), Millis(60'000));
        (void)::poll(watched.data(), watched.size(), static_cast<int>(left.count()) + 1);
        read_output();
        look_for_end();
    }

    void read_output() {
        char chunk[4096];
        while (child_.output.is_open()) {
            const ssize_t size = ::read(child_.output.get(), chunk, sizeof chunk);
            if (size < 0 && errno == EINTR) continue;
            if (size < 0 && errno == EAGAIN) return;
            if (size <= 0) {
                child_.output.reset();
                return;
            }
            keep(std::string_view(chunk, static_cast<std::size_t>(size)));
            // An endless writer must not keep the loop from checking the time.
            if (++chunks_ % 16 == 0) return;
        }
    }

    /// Keeps the beginning and the end: servers report errors at either.
    void keep(std::string_view bytes) {
        const std::size_t head_bytes = output_bytes_max_ / 4;
        const std::size_t tail_bytes = output_bytes_max_ - head_bytes;
        const std::size_t for_head = std::min(bytes.size(), head_bytes - head_.size());
        head_.append(bytes.substr(0, for_head));
        tail_.append(bytes.substr(for_head));
        if (tail_.size() <= tail_bytes) return;
        left_out_ += tail_.size() - tail_bytes;
        tail_.erase(0, tail_.size() - tail_bytes);
    }
    /// With the mark the output has its maximum length.
    void keep_output(CommandResult& result) const {
        result.output = head_;
        if (left_out_ == 0) {
            result.output += tail_;
            return;
        }
        const auto mark_for = [](std::size_t bytes) {
            return "\n... (" + std::to_string(bytes) + " bytes left out) ...\n";
        };
        const std::size_t cut = std::min(tail_.size(), mark_for(left_out_ + 64).size());
        const std::string mark = mark_for(left_out_ + cut);
        result.left_out = CommandResult::LeftOut{head_.size(), mark.size()};
        result.output += mark + tail_.substr(cut);
    }

    void look_for_end() {
        if (has_ended_) return;
        int status = 0;
        const ssize_t size = ::read(child_.ended.get(), &status, sizeof status);
        if (size < 0) return;
        // End of file without a status: the keeper was killed, and the command with it.
        status_ = size == static_cast<ssize_t>(sizeof status) ? status : SIGKILL;
        has_ended_ = true;
        if (!is_ending_) give_up_at_ = monotonic_now() + drain_time;
    }

    [[nodiscard]] CommandResult outcome() const {
        CommandResult result;
        if (is_ending_) {
            result.end = why_;
        } else if (WIFEXITED(status_)) {
            result.end = CommandResult::End::exited;
            result.exit_code = WEXITSTATUS(status_);
        } else {
            result.end = CommandResult::End::killed;
            result.signal = WTERMSIG(status_);
        }
        return result;
    }

    Child child_;
    const Interrupt& interrupt_;
    std::size_t output_bytes_max_;
    Millis time_up_at_;
    Millis give_up_at_{0};
    bool has_ended_ = false;  ///< the leader; its descendants may live on
    int status_ = 0;          ///< the leader's, as from waitpid
    bool is_ending_ = false;  ///< the command and its descendants are being ended
    CommandResult::End why_ = CommandResult::End::timed_out;
    std::string head_, tail_;
    std::size_t left_out_ = 0;
    unsigned chunks_ = 0;
};

class PosixProcesses final : public Processes {
  public:
    CommandResult run(const Command& command, const Interrupt& interrupt) override {
        CommandResult result;
        if (interrupt.is_set()) {
            result.end = CommandResult::End::interrupted;
            return result;
        }
        Child child = start_child(command);
        if (child.keeper < 0) {
            result.error = std::move(child.error);
            return result;
        }
        return Watch(std::move(child), interrupt, command.timeout, command.output_bytes_max).run();
    }
};

}  // namespace

Interrupt::Interrupt() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Interrupt::~Interrupt() {
    ::close(descriptor_);
}

void Interrupt::set() {
    const std::uint64_t one = 1;
    (void)!::write(descriptor_, &one, sizeof one);
}

bool Interrupt::is_set() const {
    pollfd watched{descriptor_, POLLIN, 0};
    return ::poll(&watched, 1, 0) == 1;
}

std::unique_ptr<Processes> make_processes() {
    return std::make_unique<PosixProcesses>();
}

}  // namespace edgeroll::agent
