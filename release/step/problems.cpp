#include "release/step/problems.hpp"

#include <string>

namespace edgeroll::release {
namespace {

// The marks that stand for no content of its own may stand in any INSERT, or in a retry whose
// version was given a content since: nothing would be delivered, and it would be called a success.
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
            "batch_config: the node rows give the batches: leave out sizes, selector and "
            "enabled:false");
    }
    if (!draft.release.has_new_rows) return;
    for (const NodeState& node : draft.release.nodes) {
        if (!node.row.config_version || seen.rolls_back || is_final(node.row.status)) continue;
        seen.problems.emplace_back("node row " + std::to_string(node.row.row_id) +
                                   ": config_version is for rollbacks only");
        return;
    }
}

// Content is resolved once: from then on another content for the version is a reason to stop.
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
