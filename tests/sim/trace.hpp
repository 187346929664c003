// The events of a run, as one number (same seed, same number) and on request as readable text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "release/time.hpp"

namespace edgeroll::sim {

class Trace {
  public:
    explicit Trace(bool keeps_text = false) : keeps_text_(keeps_text) {}

    void note(release::Instant now, std::string_view actor, std::string_view event);

    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] bool keeps_text() const { return keeps_text_; }
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

  private:
    void add(std::string_view text);

    bool keeps_text_;
    std::uint64_t hash_ = 14695981039346656037ULL;
    std::uint64_t size_ = 0;
    std::vector<std::string> lines_;
};

}  // namespace edgeroll::sim
