// batch_config, as far as it is supported (SPEC.md section 6).
#pragma once

#include <string_view>

#include "release/model.hpp"
#include "release/result.hpp"

namespace edgeroll::release::wire {

/// Reads the column's text. Known keys: failure_threshold (integer >= 0), max_batch_fail_rate
/// (0..100). Any other key, or a value of the wrong type or range, is refused with the field and
/// the reason: a rule that is not carried out is never ignored.
[[nodiscard]] Result<Policy> parse_batch_config(std::string_view json_text);

}  // namespace edgeroll::release::wire
