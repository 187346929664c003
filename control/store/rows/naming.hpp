// Names in refusals and previews.
#pragma once

#include <cstddef>
#include <string>

#include "release/ids.hpp"

namespace edgeroll::control {

/// Limits of a list: so many names, each of so many bytes.
inline constexpr std::size_t named_max = 10, named_bytes_max = 64;

/// "version 42"
[[nodiscard]] inline std::string name_of(release::Version version) {
    return "version " + std::to_string(version.value);
}

/// "42"
[[nodiscard]] inline std::string text_of(release::Version version) {
    return std::to_string(version.value);
}

}  // namespace edgeroll::control
