// Limits on request bodies: memory (per body and in total) and time. Values only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "release/time.hpp"

namespace edgeroll::tls {

/// The memory budget for all bodies a server holds. Loop thread.
class BodyBudget {
  public:
    /// @param reserve the part of `bytes_max` reserved for urgent requests
    BodyBudget(std::size_t bytes_max, std::size_t reserve)
        : bytes_max_(bytes_max), reserve_(std::min(reserve, bytes_max)) {}

    /// Returns false, and takes nothing, when fewer bytes are left.
    [[nodiscard]] bool take(std::size_t bytes, bool is_urgent) {
        const std::size_t limit = is_urgent ? bytes_max_ : bytes_max_ - reserve_;
        if (bytes > limit || used_ > limit - bytes) return false;
        used_ += bytes;
        return true;
    }
    void give_back(std::size_t bytes) { used_ -= std::min(bytes, used_); }
    [[nodiscard]] std::size_t used() const { return used_; }

  private:
    std::size_t bytes_max_, reserve_, used_ = 0;
};

/// One body's share of the budget, returned on destruction.
class BodyRoom {
  public:
    BodyRoom(std::shared_ptr<BodyBudget> budget, bool is_urgent)
        : budget_(std::move(budget)), is_urgent_(is_urgent) {}
    ~BodyRoom() { budget_->give_back(bytes_); }
    BodyRoom(const BodyRoom&) = delete;
    BodyRoom& operator=(const BodyRoom&) = delete;

    /// Returns false, and keeps its current size, when the budget is too small.
    [[nodiscard]] bool grow_to(std::size_t bytes) {
        if (bytes <= bytes_) return true;
        if (!budget_->take(bytes - bytes_, is_urgent_)) return false;
        bytes_ = bytes;
        return true;
    }

  private:
    std::shared_ptr<BodyBudget> budget_;
    bool is_urgent_;
    std::size_t bytes_ = 0;
};

/// Memory to reserve for a body that needs `needed` bytes: at most twice of what has arrived, and
/// exactly the announced length once that is smaller.
/// @param announced 0: not known
[[nodiscard]] constexpr std::size_t body_capacity(std::size_t needed, std::uint64_t announced) {
    const std::size_t doubled = std::max<std::size_t>(2 * needed, 1024);
    if (announced >= needed && announced <= doubled) return static_cast<std::size_t>(announced);
    return doubled;
}

struct PaceRules {
    release::Millis window{15'000};
    std::size_t window_bytes = 15U << 10;  ///< minimum bytes per window: 1 KiB/s
    std::size_t small_bytes_max = 64U << 10;
    release::Millis small_limit{15'000};   ///< for a whole body up to small_bytes_max
    release::Millis large_limit{120'000};  ///< for a whole larger body
};

/// Time limits of one body.
class BodyPace {
  public:
    /// @param expected the announced length; the maximum length when none was announced
    BodyPace(const PaceRules& rules, release::Instant begin, std::uint64_t expected)
        : rules_(rules),
          end_(begin + (expected <= rules.small_bytes_max ? rules.small_limit : rules.large_limit)),
          window_end_(begin + rules.window) {}

    /// Deadline for the next bytes.
    [[nodiscard]] release::Instant until() const { return std::min(end_, window_end_); }
    /// @param total bytes of the body so far
    void arrived(release::Instant now, std::uint64_t total) {
        if (total - window_begin_bytes_ < rules_.window_bytes) return;
        window_begin_bytes_ = total;
        window_end_ = now + rules_.window;
    }

  private:
    PaceRules rules_;
    release::Instant end_, window_end_;
    std::uint64_t window_begin_bytes_ = 0;
};

}  // namespace edgeroll::tls
