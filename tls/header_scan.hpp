// The bytes of a request's header, before a parser reads them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::tls {

/// Finds the end of a header as it arrives, and refuses what two programs could read differently:
/// control characters (NUL among them), line feeds and carriage returns that stand alone, lines
/// that go on in the next one (obs-fold). Such a request is seen at its first wrong byte, not only
/// when its header is complete.
class HeaderScan {
  public:
    explicit HeaderScan(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    enum class State { more, whole, too_large, refused };
    /// @param bytes everything from the first byte of the request on, more with each call
    [[nodiscard]] State look(std::string_view bytes);
    /// Of the header with its empty line, when it is whole.
    [[nodiscard]] std::size_t size() const { return seen_; }
    /// What is wrong, when it is refused.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }

  private:
    State refuse(const char* what);

    std::size_t bytes_max_;
    std::size_t seen_ = 0;
    std::size_t line_bytes_ = 0;  ///< of the line that is being read
    bool is_after_return_ = false;
    std::string complaint_;
};

}  // namespace edgeroll::tls
