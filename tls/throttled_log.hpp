// Log lines for events that peers can cause at any rate.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "release/time.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::tls {

/// Writes at most one line per interval; `count` is the number of events since the line before.
/// Loop thread.
class ThrottledLog {
  public:
    explicit ThrottledLog(rt::LogLevel level, release::Millis gap = release::Millis{10'000})
        : level_(level), gap_(gap) {}

    void say(release::Instant now, std::string_view event, rt::LogFields fields) {
        ++count_;
        if (has_spoken_ && now - last_ < gap_) return;
        fields.emplace_back("count", std::to_string(count_));
        rt::log(level_, event, fields);
        last_ = now;
        has_spoken_ = true;
        count_ = 0;
    }

  private:
    rt::LogLevel level_;
    release::Millis gap_;
    release::Instant last_{};
    bool has_spoken_ = false;
    std::int64_t count_ = 0;
};

}  // namespace edgeroll::tls
