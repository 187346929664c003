// planSha256: identifies the plan that a caller has seen in a preview (docs/contract.md section 7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "release/commit.hpp"
#include "release/states.hpp"

namespace edgeroll::release::wire {

/// The inputs of a plan.
struct PlanParts {
    const std::vector<PlannedNode>& nodes;
    std::string_view content_sha256;  ///< empty: none
    TaskType type = TaskType::apply_config;
    std::string_view batch_config;  ///< JSON text, empty: none; blanks and order do not matter
};

/// 64 lower-case hex digits in three parts, so that the differences to a later plan can be named
/// although no preview is stored: 32 of the SHA-256 of the nodes with their batches, 16 of the
/// content's, 16 of the rules' (type and batch_config).
[[nodiscard]] std::string plan_digest(const PlanParts& parts);

/// The differences between two plan digests: "the nodes or their batches", "the content", "the
/// rules".
[[nodiscard]] std::vector<std::string> plan_differences(std::string_view before,
                                                        std::string_view now);

}  // namespace edgeroll::release::wire
