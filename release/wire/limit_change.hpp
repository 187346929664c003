// Changing the speed of a release while it runs (PATCH /api/v1/releases/<id>).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "release/result.hpp"

namespace edgeroll::release::wire {

/// New values as JSON text (`4`, `{"region":2}`); `null` takes the limit away, absent leaves it.
struct LimitChange {
    std::optional<std::string> max_parallel, max_parallel_per;
};

/// The batch_config with these keys set or taken out and every other key as it was; an empty text
/// counts as {}. Refused (code 2002): a text or a value that is none, as parse_batch_config says.
[[nodiscard]] Result<std::string> merge_batch_config(std::string_view json_text,
                                                     const LimitChange& change);

}  // namespace edgeroll::release::wire
