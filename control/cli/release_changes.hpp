// `release watch` into a pipe: a line for each change. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/cli/times.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {

/// One printable line for each change from `before` (nothing: the first look) to `after`.
[[nodiscard]] std::vector<std::string> release_changes(const std::optional<ReleaseLine>& before,
                                                       const ReleaseLine& after, Moment now);

}  // namespace edgeroll::cli
