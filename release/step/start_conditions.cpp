#include "release/step/start_conditions.hpp"

#include <string>
#include <vector>

#include "release/missing_rows.hpp"
#include "release/plan.hpp"
#include "release/step/limit_exceeded.hpp"

namespace edgeroll::release {
namespace {

std::string some_of(const std::vector<std::string>& names) {
    constexpr std::size_t shown_max = 20;
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < shown_max; ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > shown_max) text += ", ...";
    return text;
}

AwaitedRows awaited_rows(const Release& release) {
    const Snapshot& seen = release.seen;
    return {seen.total_nodes, static_cast<std::int64_t>(release.nodes.size()),
            seen.has_batch_config, seen.is_config_empty};
}

}  // namespace

bool gives_up_on_rows(Draft& draft) {
    const Snapshot& seen = draft.release.seen;
    const bool is_over = seen.current_batch == 0 && seen.status == ReleaseStatus::pending &&
                         seen.rows_unchanged_for && *seen.rows_unchanged_for >= row_patience;
    const AwaitedRows awaited = awaited_rows(draft.release);
    if (!is_over || are_complete(awaited)) return false;
    // The last row may be inserted at this moment: the release is then complete and must not fail.
    draft.commit.expected_rows = static_cast<int>(awaited.rows);
    const std::string reason = gave_up_text(awaited);
    halt(draft, Reason{reason, reason});
    return true;
}

bool is_held_up(Draft& draft) {
    Release& release = draft.release;
    const Snapshot& seen = release.seen;
    if (seen.current_batch > 0) {
        if (release.members > 0) return false;
        draft.set_last_error("its rows in release_task_nodes were deleted");
        draft.finish(ReleaseStatus::failed);
        return true;
    }
    if (!seen.blockers.empty()) {
        draft.let_go("version " + std::to_string(seen.blockers.front().value) + " goes first",
                     false);
        return true;
    }
    if (!are_complete(awaited_rows(release))) {
        draft.let_go("node rows are missing", false);
        return true;
    }
    if (release.nodes.empty()) {
        const Plan plan = make_plan(seen.fleet, seen.policy, seen.content.sha256);
        if (plan.nodes.empty()) {
            draft.set_last_error("no enabled online node to plan for");
            draft.finish(ReleaseStatus::failed);
            return true;
        }
        draft.commit.planned = plan.nodes;
        draft.commit.release.total_nodes = static_cast<int>(plan.nodes.size());
        draft.commit.release.total_batches = plan.nodes.back().batch;
        draft.note("planned", {{"nodes", std::to_string(plan.nodes.size())},
                               {"batches", std::to_string(plan.nodes.back().batch)},
                               {"left_out", some_of(plan.unmatched)}});
        release.is_observed = false;
        draft.read_again();
        return true;
    }
    return false;
}

}  // namespace edgeroll::release
