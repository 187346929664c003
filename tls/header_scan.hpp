// Scans the bytes of a request header before a parser reads them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::tls {

/// Finds the end of a header as it arrives and refuses bytes that two programs could read
/// differently: control characters (NUL included), bare line feeds and carriage returns, folded
/// lines (obs-fold). A bad request is refused at its first wrong byte, not only when its header is
/// complete.
class HeaderScan {
  public:
    explicit HeaderScan(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    enum class State { more, whole, too_large, refused };
    /// @param bytes everything from the first byte of the request on; grows with each call
    [[nodiscard]] State look(std::string_view bytes);
    /// Size of the complete header, its empty line included.
    [[nodiscard]] std::size_t size() const { return seen_; }
    /// Why the header is refused.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }

  private:
    State refuse(const char* what);

    std::size_t bytes_max_;
    std::size_t seen_ = 0;
    std::size_t line_bytes_ = 0;  ///< of the current line
    bool is_after_return_ = false;
    std::string complaint_;
};

}  // namespace edgeroll::tls
