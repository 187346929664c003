// The lines of a file of keys or tokens.
#pragma once

#include <string_view>
#include <vector>

namespace edgeroll::release {

/// Lines of a file of keys, trimmed of blanks; empty lines and lines that begin with `#` are left
/// out. They point into `text`.
[[nodiscard]] std::vector<std::string_view> key_lines(std::string_view text);

}  // namespace edgeroll::release
