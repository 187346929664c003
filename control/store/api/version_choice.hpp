// Which version a new release gets (SPEC.md 4.9): above everything that was released before.
#pragma once

#include <optional>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Inside the caller's transaction; two callers may still choose the same one, which the unique
/// key of release_tasks.version settles. Without `wanted` the next version above every release,
/// every applied version and every content. Refusals are thrown (Refused): 2002 below 1, 3002 taken
/// or not above every earlier release and applied version, 3003 when there is no higher one.
[[nodiscard]] release::Version choose_version(
    Connection& connection, std::optional<release::Version> wanted = std::nullopt);

}  // namespace edgeroll::control
