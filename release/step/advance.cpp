// What follows from the state as it now is.
#include <algorithm>
#include <utility>

#include "release/limits.hpp"
#include "release/plan.hpp"
#include "release/step/phase.hpp"
#include "release/step/step_draft.hpp"

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

// Before the first batch: another release goes first, rows are missing, or a plan is to be made.
// True if the release cannot start in this step.
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
    if (release.nodes.empty() && seen.has_batch_config) {
        const Plan plan = make_plan(seen.fleet, seen.policy);
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
    if (release.nodes.empty() || static_cast<int>(release.nodes.size()) < seen.total_nodes) {
        draft.let_go("node rows are missing", false);
        return true;
    }
    return false;
}

// What makes the release impossible as its rows are (the store names what is wrong with their
// text).
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

void fix_content(Draft& draft) {
    Snapshot& seen = draft.release.seen;
    if (!seen.content_sha256.empty()) return;
    seen.content_sha256 = seen.content.is_present ? seen.content.sha256
                          : seen.rolls_back       ? mixed_mark
                                                  : reload_only_mark;
    draft.commit.release.content_sha256 = seen.content_sha256;
    const bool is_reload =
        seen.type == TaskType::apply_config && seen.content_sha256 == reload_only_mark;
    if (is_reload) draft.note("reload_only");
}

// Running rows without a conversation: after a takeover, an unknown outcome, or set by hand.
void look_after_running(Draft& draft) {
    Release& release = draft.release;
    if (!release.has_new_rows) return;
    for (std::size_t i = 0; i < release.nodes.size(); ++i) {
        NodeState& node = release.nodes[i];
        if (node.row.status != NodeStatus::running || node.is_in_conversation) continue;
        if (node.row.address.ip.empty()) {
            if (draft.commit.nodes.size() >= events_per_step) {
                draft.is_full = true;
                return;
            }
            NodeChange& change = draft.change_node(i, NodeStatus::failed);
            change.failure = FailureKind::lost;
            change.error = node.row.error = "the node was deleted while its task ran";
            continue;
        }
        if (node.row.task_id.empty()) {
            node.row.attempt = std::max(node.row.attempt, 1);
            node.row.task_id = make_task_id(release.seen.type, node.row.address.ip,
                                            release.seen.version, node.row.attempt);
        }
        node.is_in_conversation = true;
        StartConversation start = conversation_with(node);
        start.asks_first = true;
        start.trouble = trouble_in(node.row.error);
        draft.effects.emplace_back(std::move(start));
    }
    release.has_new_rows = false;
}

// The batch is worked on from now on, or again.
void open_batch(Draft& draft, const Phase& phase) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    if (phase.stage == Stage::in_batch && seen.status == ReleaseStatus::running) return;
    if (phase.stage == Stage::unstarted) {
        fix_content(draft);
        draft.commit.release.is_started = true;
        seen.worked = Millis{0};
        release.worked_at = draft.now;
        draft.set_last_error("");
    }
    draft.end_hold();
    if (phase.stage != Stage::in_batch) {
        note_unproven(draft);
        start_batch(draft, phase.next);
    }
    draft.set_batch_status(BatchStatus::running);
    if (seen.status != ReleaseStatus::running) draft.set_status(ReleaseStatus::running);
}

// Paused in the middle of a batch: by hand, or by a violation. What runs is looked after.
void rest_within_batch(Draft& draft) {
    if (draft.release.counts.running > 0) return;
    draft.set_batch_status(BatchStatus::paused);
    draft.mark_pause();
}

// A time limit acts when it is over, although nothing happens then.
void watch_time(Draft& draft) {
    const Instant end = time_limit(draft.release, draft.now);
    if (end != never) draft.wake(end);
}

// Paused by somebody. What ends by itself lies between batches: where a row of a batch that was
// done is pending again, there is nothing that it could hold.
bool is_paused_within(const Release& release) {
    return release.seen.status == ReleaseStatus::paused && !ends_by_itself(release.seen.hold);
}

// True if the lowest unfinished batch may be worked on now.
bool may_work_on(Draft& draft, const Phase& phase) {
    Release& release = draft.release;
    const int number = release.batches[phase.next].number;
    const bool is_between = phase.stage != Stage::in_batch;
    take_pause(draft, is_between);
    if (!is_between && is_paused_within(release)) {
        rest_within_batch(draft);
        return false;
    }
    if (is_between && release.read_for_batch != number) {
        draft.read_batch(number);
        return false;
    }
    if (is_between && !may_open_next(draft)) return false;
    open_batch(draft, phase);
    return true;
}

// Somebody wrote the end: it stands, and cannot be taken back once this has begun. What is not
// dispatched stays so, what runs is recorded as it ends (a stop beside it cancels that), and then
// the release is over like any other.
void wind_up(Draft& draft) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    const std::string reason =
        std::string(ended_by_hand) + std::string(to_text(seen.status)) + " by hand";
    look_after_running(draft);
    if (release.counts.pending > 0) draft.skip_all_pending(reason);
    // What a half-inserted release waited for is no reason of its end.
    if (seen.last_error.empty() || seen.current_batch == 0) {
        draft.set_last_error(seen.status == ReleaseStatus::success ? "" : reason);
    }
    if (release.counts.running == 0) {
        draft.finish(seen.status);
        return;
    }
    draft.set_batch_status(BatchStatus::stopped);
    draft.effects.emplace_back(DispatchNoMore{});
    if (seen.requested == Action::stop) cancel_running(draft);
}

}  // namespace

void advance(Draft& draft) {
    Release& release = draft.release;
    if (!release.is_observed) {
        draft.read_again();
        return;
    }
    const Phase phase = phase_of(release);
    const bool is_final_word = is_final(release.seen.status);
    const bool is_open = release.counts.pending > 0 || release.counts.running > 0;
    // Somebody may have written finished_at beside the status, although nodes still run.
    if (release.seen.is_ended && !(is_final_word && is_open)) {
        draft.let_go("the release is finished", true);
        return;
    }
    if (is_final_word) {
        wind_up(draft);
        return;
    }
    watch_content(draft);
    watch_rows(draft);
    look_after_running(draft);
    if (phase.stage == Stage::stopping) {
        carry_on_stopping(draft);
        return;
    }
    if (!release.seen.problems.empty()) {
        const std::string& problem = release.seen.problems.front();
        halt(draft, Reason{problem, problem});
        return;
    }
    if (is_held_up(draft)) return;
    take_continue(draft);
    // Nodes may be settled without being asked: a batch can be over before anything was sent, and
    // several in a row.
    while (true) {
        if (trip_if_exceeded(draft)) return;
        const Phase now = phase_of(release);
        if (now.next == release.batches.size()) {
            conclude(draft);
            return;
        }
        if (!may_work_on(draft, now)) return;
        BatchState& batch = release.batches[now.next];
        start_nodes(draft, batch);
        if (batch.counts.pending > 0 || batch.counts.running > 0) {
            if (!trip_if_exceeded(draft)) watch_time(draft);
            return;
        }
    }
}

}  // namespace edgeroll::release
