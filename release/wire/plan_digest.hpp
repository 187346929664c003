// planSha256: what a caller has seen in a preview and wants to get (docs/contract.md section 7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "release/commit.hpp"
#include "release/states.hpp"

namespace edgeroll::release::wire {

/// What a plan is made of.
struct PlanParts {
    const std::vector<PlannedNode>& nodes;
    std::string_view content_sha256;  ///< empty: none
    TaskType type = TaskType::apply_config;
    std::string_view batch_config;  ///< JSON text, empty: none; blanks and order do not matter
};

/// 64 lower-case hex digits in three parts, so that a later plan can be told apart from it and the
/// difference be named, although nothing is stored of a preview: 32 of the SHA-256 of the nodes
/// with their batches, 16 of the content's, 16 of the rules' (type and batch_config).
[[nodiscard]] std::string plan_digest(const PlanParts& parts);

/// What differs between two plan digests: "the nodes or their batches", "the content", "the rules".
[[nodiscard]] std::vector<std::string> plan_differences(std::string_view before,
                                                        std::string_view now);

}  // namespace edgeroll::release::wire
