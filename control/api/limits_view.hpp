// The parts of a release's batch_config that the API shows or uses. The column may hold any text.
#pragma once

#include <optional>
#include <string>

#include "release/time.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

struct LimitsView {
    release::wire::Json max_parallel;      ///< a positive integer, or null: no limit
    release::wire::Json max_parallel_per;  ///< an object, or null: no limit
    std::optional<release::Millis> node_timeout, batch_timeout, release_timeout;
    bool has_windows = false;
};

/// @param batch_config the column's text; empty: none
[[nodiscard]] LimitsView read_limits(const std::string& batch_config);

}  // namespace edgeroll::control::api
