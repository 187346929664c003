// Changing the speed of a release while it runs (PATCH /api/v1/releases/<id>).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "release/result.hpp"

namespace edgeroll::release::wire {

/// New values as JSON text (`4`, `{"region":2}`); `null` removes the limit, absent leaves it.
struct LimitChange {
    std::optional<std::string> max_parallel, max_parallel_per;
};

/// The batch_config with these keys set or removed and every other key unchanged; an empty text
/// counts as {}. Refused (code 2002): an invalid text or value, as in parse_batch_config.
[[nodiscard]] Result<std::string> merge_batch_config(std::string_view json_text,
                                                     const LimitChange& change);

}  // namespace edgeroll::release::wire
