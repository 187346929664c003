// Text for people's terminals: safe whatever the server sent, and as wide as it looks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace edgeroll::cli {

/// One line without anything that moves a cursor, hides or reorders text: control characters,
/// broken UTF-8, line separators and direction overrides become visible escapes (`\n`, `\x1b`,
/// `\u202e`). Text written by a node or a pipeline may hold any of them.
[[nodiscard]] std::string printable(std::string_view text);

/// Columns a printable text takes on a terminal: East Asian wide characters two, combining none.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// At most `width` columns, with `...` at the end where something was cut. Never splits a
/// character. @param width at least 3
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t width);

/// The same, but both ends are kept and what was cut is in the middle: servers say what is wrong at
/// the beginning of what they print, or at its end. @param width at least 8
[[nodiscard]] std::string cut_middle_to_width(std::string_view text, std::size_t width);

enum class Align { left, right };

/// Filled up with spaces to `width` columns; longer text stays as it is.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width, Align align);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(unsigned long long number);

/// "1 node", "12 nodes"
[[nodiscard]] std::string nodes_text(std::int64_t count);

/// "612 B", "9.3 KiB", "8.0 MiB".
[[nodiscard]] std::string human_bytes(std::size_t bytes);

}  // namespace edgeroll::cli
