// How a fuzz target says that a property does not hold.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace edgeroll::fuzz {

/// Ends the program, which libFuzzer and the replay take for a finding.
inline void demand(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "this does not hold: %s\n", property);
    std::abort();
}

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Takes the text up to the next line feed off `rest`; the last line needs none.
[[nodiscard]] inline std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
}

}  // namespace edgeroll::fuzz
