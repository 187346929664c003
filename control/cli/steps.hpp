// Renders the steps of each node's task as text. Pure: the time is passed in.
#pragma once

#include <string>

#include "control/cli/times.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::cli {

/// `release show --steps`: for every node its steps in order, with exit status, duration and the
/// last lines of their output. Printable.
[[nodiscard]] std::string render_steps(const release::wire::Json& release, Moment now);

}  // namespace edgeroll::cli
