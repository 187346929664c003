// Times of day in which batches may start (batch_config.windows).
#pragma once

#include <cstdint>
#include <vector>

#include "release/policy.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// Time until a batch may start: 0 inside a window or without windows. At most a day.
/// @param utc_ms milliseconds since 1970
[[nodiscard]] Millis until_open(const std::vector<Window>& windows, std::int64_t utc_ms);

}  // namespace edgeroll::release
