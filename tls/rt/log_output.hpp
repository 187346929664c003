// Writes log lines without blocking on a stalled reader.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "release/time.hpp"

namespace edgeroll::rt {

/// Any thread. Writes a line at once if that does not block: the line is then out before write()
/// returns, even if the process dies. Otherwise the line waits in memory; beyond
/// `waiting_bytes_max` lines are dropped, counted, and the count is written in their place.
class LogOutput {
  public:
    using CountLine = std::function<std::string(std::uint64_t dropped)>;

    /// @param descriptor stays the caller's and must outlive the output; used as it is at each
    /// write, since another file may be put in its place
    LogOutput(int descriptor, CountLine count_line, std::size_t waiting_bytes_max = 1U << 20);
    ~LogOutput();
    LogOutput(const LogOutput&) = delete;
    LogOutput& operator=(const LogOutput&) = delete;

    void write(std::string_view line);
    /// Waits up to `at_most` for the queue to become empty. Returns whether it is empty.
    bool flush(release::Millis at_most);

  private:
    struct Line {
        std::string text;
        std::uint64_t tells_of;  ///< number of dropped lines it reports; 0: an ordinary line
    };
    void add(Line line);
    void tell_dropped();
    bool send_waiting();
    void run();

    class Target;
    const CountLine count_line_;
    const std::size_t waiting_bytes_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::unique_ptr<Target> target_;
    std::deque<Line> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::uint64_t dropped_ = 0;
    bool is_ending_ = false;
    std::thread thread_;  ///< started by the first line that has to wait
};

}  // namespace edgeroll::rt
