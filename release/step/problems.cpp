#include "release/step/problems.hpp"

#include <algorithm>
#include <string>

#include "release/unfit_keys.hpp"

namespace edgeroll::release {
namespace {

// An INSERT may contain the marks that stand for no content of its own, and a retried version may
// have been given a content since: nothing would be delivered, yet the release would be a success.
void watch_marks(Draft& draft) {
    Snapshot& seen = draft.release.seen;
    if (seen.current_batch > 0) return;
    if (seen.content_sha256 == reload_only_mark && seen.content.is_present) {
        seen.problems.push_back(
            "content_sha256 says that there is nothing but a reload, but version " +
            std::to_string(seen.version.value) + " has content");
    }
    if (seen.content_sha256 == mixed_mark && !seen.rolls_back) {
        seen.problems.emplace_back("content_sha256 is 'mixed', which is for rollbacks only");
    }
}

}  // namespace

void watch_rows(Draft& draft) {
    Snapshot& seen = draft.release.seen;
    if (!seen.problems.empty()) return;
    const bool is_unstarted = seen.current_batch == 0;
    if (is_unstarted && !draft.release.nodes.empty() && seen.policy.has_plan() &&
        !seen.is_planned) {
        seen.problems.emplace_back(
            "batch_config: the node rows give the batches: leave out sizes, canary_by, "
            "selector and enabled:false");
    }
    const auto batches = static_cast<int>(draft.release.batches.size());
    const bool has_content = seen.type == TaskType::apply_config && seen.content.is_present;
    // What was accepted once is not judged anew by a retry, or when nodes catch up.
    const bool is_new =
        is_unstarted && !seen.catches_up &&
        std::none_of(draft.release.nodes.begin(), draft.release.nodes.end(),
                     [](const NodeState& node) { return node.row.attempts_before > 0; });
    if (is_new && batches > 0) {
        if (const auto unfit = unfit_keys(seen.policy, batches, has_content)) {
            seen.problems.push_back("batch_config: " + *unfit);
        }
    }
    if (!draft.release.has_new_rows) return;
    for (const NodeState& node : draft.release.nodes) {
        if (!node.row.config_version || seen.rolls_back || is_final(node.row.status)) continue;
        seen.problems.emplace_back("node row " + std::to_string(node.row.row_id) +
                                   ": config_version is for rollbacks only");
        return;
    }
}

// The content is resolved once: after that, another content for the version stops the release.
void watch_content(Draft& draft) {
    Snapshot& seen = draft.release.seen;
    if (!seen.problems.empty()) return;
    watch_marks(draft);
    const bool is_own =
        seen.content_sha256 != reload_only_mark && seen.content_sha256 != mixed_mark;
    if (seen.content_sha256.empty() || !is_own) return;
    if (seen.content.is_present && seen.content.sha256 == seen.content_sha256) return;
    seen.problems.push_back("the content of version " + std::to_string(seen.version.value) +
                            " was changed after the release was started");
}

}  // namespace edgeroll::release
