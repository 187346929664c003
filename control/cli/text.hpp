// Text for terminals: safe for any server input, measured by its display width.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace edgeroll::cli {

/// Returns one line in which nothing moves the cursor, hides or reorders text: control characters,
/// broken UTF-8, line separators and direction overrides become visible escapes (`\n`, `\x1b`,
/// `\u202e`). Text written by a node or a pipeline may contain any of them.
[[nodiscard]] std::string printable(std::string_view text);

/// Columns a printable text takes on a terminal: two for East Asian wide characters, none for
/// combining characters.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// At most `width` columns, with `...` at the end if cut. Never splits a character.
/// @param width at least 3
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t width);

/// The same, but cuts in the middle and keeps both ends: servers report errors at the beginning or
/// at the end of their output.
/// @param width at least 8
[[nodiscard]] std::string cut_middle_to_width(std::string_view text, std::size_t width);

enum class Align { left, right };

/// Padded with spaces to `width` columns; longer text is unchanged.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width, Align align);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(unsigned long long number);

/// "1 node", "12 nodes"
[[nodiscard]] std::string nodes_text(std::int64_t count);

/// "612 B", "9.3 KiB", "8.0 MiB".
[[nodiscard]] std::string human_bytes(std::size_t bytes);

}  // namespace edgeroll::cli
