// Keys of batch_config that a plan would ignore, or could never meet: they are refused
// (docs/contract.md 6.1).
#pragma once

#include <optional>
#include <string>

#include "release/policy.hpp"

namespace edgeroll::release {

/// The first such key, and the cure; nothing: every key has its use.
/// @param batches of the plan, at least 1
/// @param has_content the nodes get a content, not only a reload
[[nodiscard]] std::optional<std::string> unfit_keys(const Policy& policy, int batches,
                                                    bool has_content);

/// The final look has a bake, or a gate to ask: without one no content is a good one (I18).
[[nodiscard]] bool looks_at_the_end(const Policy& policy);

/// Why bake and gates would be ignored. All that can be told without the type of the release.
[[nodiscard]] std::optional<std::string> unfit_look(const Policy& policy, int batches);

}  // namespace edgeroll::release
