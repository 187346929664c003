// The groups of keys that make up batch_config. Internal to batch_config.cpp and its helpers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "release/policy.hpp"
#include "release/result.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {

/// The refusal of a batch_config (code 2002): `batch_config: ` and the message.
[[nodiscard]] tl::unexpected<Error> bad_config(const std::string& message);
/// `batch_config: field '…' must be …`
[[nodiscard]] tl::unexpected<Error> bad_field(const std::string& field, const std::string& must_be);

/// A whole number from `least` to `most`; null counts as missing, as everywhere here.
[[nodiscard]] Result<std::optional<int>> optional_bounded(const Json& object, const char* field,
                                                          std::int64_t least, std::int64_t most);

/// A span of time; more than 0, at most 30 days. @param shown the field's name in messages
[[nodiscard]] Result<std::optional<Millis>> optional_span(const Json& object, const char* field,
                                                          const std::string& shown);
[[nodiscard]] Result<std::optional<Millis>> optional_span(const Json& object, const char* field);

// Each function reads its own keys of `config` into the policy and ignores all others.
[[nodiscard]] Result<void> read_sizes(const Json& config, Policy& policy);
[[nodiscard]] Result<void> read_selector(const Json& config, Policy& policy);
[[nodiscard]] Result<void> read_limits(const Json& config, Policy& policy);
[[nodiscard]] Result<void> read_speed(const Json& config, Policy& policy);
[[nodiscard]] Result<void> read_times(const Json& config, Policy& policy);
[[nodiscard]] Result<void> read_windows(const Json& config, Policy& policy);
[[nodiscard]] Result<void> read_gates(const Json& config, Policy& policy);

}  // namespace edgeroll::release::wire
