// batch_config (docs/contract.md section 6, docs/batch-config.md).
#pragma once

#include <string_view>

#include "release/policy.hpp"
#include "release/result.hpp"

namespace edgeroll::release::wire {

/// Longest text of the column: a list of 10,000 node names fits.
inline constexpr std::size_t batch_config_bytes_max = 512U << 10;

/// Reads the column's text. An unknown key, a wrong type, a value out of range and contradictory
/// keys are refused (code 2002) with the field and the reason: no rule is ever ignored silently.
/// `enabled:false` becomes the one batch {rest}.
[[nodiscard]] Result<Policy> parse_batch_config(std::string_view json_text);

}  // namespace edgeroll::release::wire
