// What the fleet did and when, for the report.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::bench {

enum class Event : std::uint8_t {
    dispatch,        ///< a new task was accepted
    repeat,          ///< a known task was dispatched again, and answered from memory
    lacks,           ///< by reference, and the content is not here
    refused,         ///< any other refusal of a dispatch
    success,         ///< a task ended
    failed,          ///< a task ended
    cancelled,       ///< a task ended
    told_success,    ///< an answer said so
    told_failed,     ///< an answer said so
    told_cancelled,  ///< an answer said so
    handshake,       ///< a client was verified
    no_handshake,    ///< a handshake failed
    wrong_client,    ///< verified, but may not command agents
    state,           ///< GET /state was answered; counted only
};
inline constexpr std::size_t event_count = 14;

const char* to_text(Event event);

/// CLOCK_REALTIME in ns: the database of the bench runs on the same machine, and its times are
/// compared.
std::int64_t now_ns();

class Record {
  public:
    void note(Event event, std::uint32_t node, std::int64_t version);
    /// Without an entry in the report.
    void count_one(Event event) { ++counts_[static_cast<std::size_t>(event)]; }
    void reset();
    [[nodiscard]] std::size_t count(Event event) const {
        return counts_[static_cast<std::size_t>(event)];
    }
    /// Writes CSV: ns,node,event,version.
    [[nodiscard]] release::Result<void> write(const std::string& path) const;
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        std::int64_t at_ns;
        std::int64_t version;
        std::uint32_t node;
        Event event;
    };
    std::vector<Entry> entries_;
    std::array<std::size_t, event_count> counts_{};
};

}  // namespace edgeroll::bench
