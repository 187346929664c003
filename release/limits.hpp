// Failure limits of a release (SPEC.md 4.4).
#pragma once

#include <optional>
#include <string>

#include "release/model.hpp"

namespace edgeroll::release {

/// Why no further node may be dispatched, in words for last_error; nothing while within the limits.
[[nodiscard]] std::optional<std::string> exceeded_limit(const Release& release);

}  // namespace edgeroll::release
