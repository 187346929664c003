// The rules for every commit of edgeroll's own.
#include <algorithm>
#include <tuple>

#include "witness.hpp"

namespace edgeroll::sim {

using release::Action;
using release::FailureKind;
using release::NodeStatus;
using release::ReleaseStatus;
using release::TaskStatus;

namespace {

// The simulator's agents that look at all look twice: every demand is met by them alike.
bool proves(const ReleaseRow& release, const TaskRow& row) {
    const bool has_looked = row.evidence.value_or("").find("check,verify") == 0;
    return row.status == NodeStatus::success && row.attempt > 0 &&
           (has_looked || release.policy.min_evidence == release::MinEvidence::any);
}

std::string name_of(const TaskRow& row) {
    return "node " + std::to_string(row.node.value) + " (batch " + std::to_string(row.batch) + ")";
}

const TaskRow* find_row(const std::vector<TaskRow>& rows, release::NodeId node) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const TaskRow& row) { return row.node == node; });
    return found == rows.end() ? nullptr : &*found;
}

bool is_open(NodeStatus status) {
    return status == NodeStatus::pending || status == NodeStatus::running;
}

/// Whether everything that an operator sees is unchanged; the history may grow.
bool is_same(const ReleaseRow& a, const std::vector<TaskRow>& rows_a, const ReleaseRow& b,
             const std::vector<TaskRow>& rows_b) {
    const auto header = [](const ReleaseRow& row) {
        return std::tie(row.status, row.batch_status, row.requested, row.current_batch,
                        row.total_batches, row.total_nodes, row.success_nodes, row.failed_nodes,
                        row.content_sha256, row.last_error, row.started_at, row.finished_at);
    };
    const auto is_same_row = [](const TaskRow& x, const TaskRow& y) {
        return std::tie(x.node, x.status, x.failure, x.attempt, x.task_id, x.error) ==
               std::tie(y.node, y.status, y.failure, y.attempt, y.task_id, y.error);
    };
    return header(a) == header(b) &&
           std::equal(rows_a.begin(), rows_a.end(), rows_b.begin(), rows_b.end(), is_same_row);
}

std::string words(const ReleaseRow& row) {
    return std::string(release::to_text(row.status)) + "/" +
           std::string(release::to_text(row.batch_status)) + " batch " +
           std::to_string(row.current_batch) + "/" + std::to_string(row.total_batches);
}

}  // namespace

bool Witness::exceeds_limits(const ReleaseRow& release, const std::vector<TaskRow>& rows) const {
    const auto& limits = release.policy.limits;
    // Late rows never count, even if an operator edits them.
    const auto is_failed = [](const TaskRow& row) {
        return row.status == NodeStatus::failed && !row.came_after_start;
    };
    const auto failed =
        std::count_if(rows.begin(), rows.end(), is_failed) - release.waived_failures;
    if (!limits.failure_threshold && !limits.max_batch_fail_rate_percent) return failed > 0;
    if (limits.failure_threshold && failed > *limits.failure_threshold) return true;
    if (!limits.max_batch_fail_rate_percent) return false;
    std::map<int, std::pair<int, int>> batches;  // failed, total
    int waived = release.waived_failures;  // the rows left out by a retry, then the first ones
    for (const TaskRow& row : rows) {
        if (row.status == NodeStatus::skipped || row.status == NodeStatus::deferred) continue;
        if (row.came_after_start) continue;
        ++batches[row.batch].second;
        if (!is_failed(row)) continue;
        if (row.attempts_before > row.attempt) {
            --waived;
        } else {
            ++batches[row.batch].first;
        }
    }
    waived = std::max(waived, 0);
    return std::any_of(batches.begin(), batches.end(), [&](const auto& batch) {
        auto [bad, of] = batch.second;
        const int taken = std::min(waived, bad);
        waived -= taken;
        bad -= taken;
        return bad > 0 && bad * 100 > *limits.max_batch_fail_rate_percent * of;
    });
}

void Witness::committed(const control::Claim& claim, const ReleaseRow& before,
                        const std::vector<TaskRow>& rows_before, const ReleaseRow& after,
                        const std::vector<TaskRow>& rows) {
    const Instant now = timeline_.now();
    trace_.note(now, "database", name_of(after) + " " + words(after) + " by " + claim.owner);
    if (claim.epoch != before.claim_epoch) {
        violated("I3", name_of(after) + ": a write of epoch " + std::to_string(claim.epoch.value) +
                           " took effect in epoch " + std::to_string(before.claim_epoch.value));
    }
    if (before.finished_at && !is_same(before, rows_before, after, rows)) {
        violated("I5", name_of(after) + " was finished and has changed");
    }
    if (before.is_ended_by_hand && after.status != before.status) {
        violated("I5", name_of(after) + " has another end than was written by hand");
    }
    if (after.finished_at && !release::is_final(after.status)) {
        violated("I5", name_of(after) + " has an end and is not finished");
    }
    if (after.current_batch < before.current_batch) {
        violated("I1", name_of(after) + ": current_batch went back");
    }
    for (const TaskRow& row : rows) {
        const TaskRow* old = find_row(rows_before, row.node);
        if (old == nullptr) continue;
        if (row.status == NodeStatus::running && old->task_id != row.task_id) {
            check_attempt(after, *old, row);
        }
        if (release::is_final(old->status) && row.progress != old->progress) {
            violated("I5", name_of(row) + " was final and its progress has changed");
        }
        if (old->status == row.status) continue;
        trace_.note(now, "database",
                    "  " + name_of(row) + " " + std::string(release::to_text(row.status)) + " " +
                        std::string(release::to_text(row.failure)) + " " + row.error);
        if (release::is_final(old->status)) {
            violated("I5", name_of(row) + " was final and has changed");
        }
        if (row.status == NodeStatus::running) {
            check_dispatch(before, rows_before, after, rows, row);
            check_room(claim, after, rows, row);
            check_probation(after, rows, row);
            if (!exceeds_limits(after, rows)) check_brake(claim, after, rows, row);
        } else {
            check_verdict(claim, after, *old, row);
            remember_content(after, *old, row);
            if (row.status == NodeStatus::deferred) check_deferred(after, rows, row);
        }
    }
    const auto count = [&](NodeStatus status) {
        return std::count_if(rows.begin(), rows.end(), [&](const TaskRow& row) {
            return row.status == status && !row.is_joined;
        });
    };
    if (after.success_nodes != count(NodeStatus::success) ||
        after.failed_nodes != count(NodeStatus::failed)) {
        violated("I4", name_of(after) + ": the counters differ from the rows");
    }
    const bool has_settled = std::any_of(rows.begin(), rows.end(), [&](const TaskRow& row) {
        const TaskRow* old = find_row(rows_before, row.node);
        return old != nullptr && old->status != row.status;
    });
    for (const TaskRow& row : rows) {
        if (proves(after, row)) proven_releases_.insert(after.id);
    }
    check_steering(before, after, has_settled);
    check_opening(claim, before, rows_before, after);
    check_way_back(claim, before, rows_before, after, rows);
    check_standing(before, after, rows);
    check_time(before, after);
    if (after.finished_at) {
        check_finish(after, rows);
        const bool is_own_success = after.status == ReleaseStatus::success && !after.catches_up &&
                                    !after.is_ended_by_hand && after.current_batch > 0;
        if (is_own_success && !waved_through_.contains(after.id)) {
            check_look(claim, after, rows_before, std::nullopt, name_of(after) + " is a success");
        }
        const bool is_cut_short = after.policy.has_look() && cut_short_.contains(after.id);
        const bool is_new = after.is_baked && !before.is_baked && after.current_batch > 0;
        if (is_new && (!is_own_success || is_cut_short)) {
            violated("I18", name_of(after) + " counts as baked and is not");
        }
    } else if (release::is_final(after.status) && !after.is_ended_by_hand) {
        violated("I5", name_of(after) + " is finished and has no time of its end");
    }
}

bool Witness::is_unread(release::ReleaseId id, const TaskRow& row) const {
    const auto read_at = read_at_.find(id);
    return row.hand_changed_at &&
           (read_at == read_at_.end() || *row.hand_changed_at >= read_at->second);
}

void Witness::check_dispatch(const ReleaseRow& before, const std::vector<TaskRow>& rows_before,
                             const ReleaseRow& after, const std::vector<TaskRow>& rows,
                             const TaskRow& row) {
    if (before.requested == Action::stop || after.status != ReleaseStatus::running) {
        violated("I1", name_of(row) + " is dispatched while " + name_of(after) + " is " +
                           std::string(release::to_text(after.status)));
    }
    if (row.task_id.empty() || row.attempt < 1) {
        violated("intent", name_of(row) + " runs without a task id");
    }
    if (row.came_after_start) {
        violated("late", name_of(row) + " came after the start of " + name_of(after) +
                             " and is dispatched");
    }
    if (after.started_batch && row.batch > *after.started_batch) {
        violated("between", name_of(row) + " is dispatched, and " + name_of(after) +
                                " has started no more than batch " +
                                std::to_string(*after.started_batch));
    }
    const bool is_look_over =
        after.rolls_back && (after.waived_failures > 0 || is_first_look_over(rows));
    for (const TaskRow& other : rows) {
        if (other.batch >= row.batch || other.is_late || is_unread(after.id, other)) continue;
        if (other.status == NodeStatus::running && is_look_over) continue;
        if (is_open(other.status)) {
            violated("I1", name_of(row) + " is dispatched while " + name_of(other) + " is " +
                               std::string(release::to_text(other.status)));
        }
    }
    // The limits at the beginning of the step: results are included; nodes that the same step
    // settles without sending them a task are not.
    std::vector<TaskRow> known = rows_before;
    for (TaskRow& other : known) {
        if (is_unread(after.id, other)) {
            other.status = other.status_before_hand;
            continue;
        }
        const TaskRow* now = find_row(rows, other.node);
        const bool is_report = other.status == NodeStatus::running && now != nullptr;
        if (is_report) other.status = now->status;
    }
    add_deleted(after.id, known);
    if (exceeds_limits(after, known)) {
        violated("I1", name_of(row) + " is dispatched although " + name_of(after) +
                           " is over its limits");
    }
}

void Witness::check_verdict(const control::Claim& claim, const ReleaseRow& release,
                            const TaskRow& before, const TaskRow& row) {
    const bool was_asked = before.status == NodeStatus::running;
    const std::string what = name_of(row) + " of " + name_of(release);
    const TaskKey key{release.order_id, row.task_id};
    const auto ended = ended_.find(key);
    const auto has_ended = [&](TaskStatus status) {
        return ended != ended_.end() && ended->second.statuses.contains(status);
    };
    if (row.status == NodeStatus::success) {
        if (was_asked && !has_ended(TaskStatus::success)) {
            violated("truth", what + " is a success, but its agent never said so");
        }
        if (was_asked && has_ended(TaskStatus::success) && !row.config_version) {
            const bool has_content = release.content_sha256 != release::reload_only_mark;
            if (ended->second.sha256 != (has_content ? release.content_sha256 : "")) {
                violated("order", what + " is a success with another content than its release's");
            }
        }
        if (!was_asked && !proven_[row.node].contains(release.version)) {
            violated("truth", what + " is a success without being asked, but never held it");
        }
    }
    // A stop cancels an unsent task without an answer of the agent.
    const bool was_taken = taken_.contains(key) && !late_.contains(row.task_id);
    if (row.status == NodeStatus::cancelled && was_taken && !has_ended(TaskStatus::cancelled)) {
        violated("truth", what + " is cancelled, but its agent never said so");
    }
    check_reached(claim, release, row, was_asked, what);
    if (row.status != NodeStatus::failed || !was_asked || row.hand_changed_at) return;
    const bool is_word_of_agent = row.failure == FailureKind::exec_failed;
    if (is_word_of_agent && !has_ended(TaskStatus::failed) && !has_ended(TaskStatus::cancelled)) {
        violated("truth", what + " is exec_failed, but its agent never said so");
    }
    if (row.failure == FailureKind::unreachable && was_taken) {
        violated("truth", what + " is unreachable, but its agent accepted the task");
    }
    // The core's deadline counts from before the intent was sent, the row's from when it was
    // written.
    constexpr Millis slack{12'000};
    const release::Policy& policy = release.policy;
    const bool may_be_early = policy.batch_timeout || policy.release_timeout;
    if (row.failure == FailureKind::timeout && before.started_at && !may_be_early &&
        timeline_.now() - *before.started_at <
            policy.node_timeout.value_or(rules_.node_timeout) - slack) {
        violated("slot", what + " is a timeout long before its time is up");
    }
    const bool is_silence = row.failure == FailureKind::timeout ||
                            row.failure == FailureKind::lost ||
                            row.failure == FailureKind::unreachable;
    const auto heard = heard_final_.find({claim.owner, key});
    if (!is_silence || heard == heard_final_.end()) return;
    // The commit was on its way.
    if (heard->second > sent_at_[{claim.owner, release.id}]) return;
    const auto disturbed = disturbed_at_.find({claim.owner, release.id});
    if (disturbed == disturbed_at_.end() || disturbed->second < heard->second) {
        violated("result", what + " is " + std::string(release::to_text(row.failure)) +
                               ", but its owner had the last word of the agent");
    }
}

// A node that answered, even with 5xx or a denial of the task, was reached: only silence is
// unreachable and may be deferred (docs/contract.md 4.3, docs/adr/0016).
void Witness::check_reached(const control::Claim& claim, const ReleaseRow& release,
                            const TaskRow& row, bool was_asked, const std::string& what) {
    const bool is_away =
        row.status == NodeStatus::deferred ||
        (row.status == NodeStatus::failed && row.failure == FailureKind::unreachable);
    if (!is_away || !was_asked || row.hand_changed_at || release.catches_up) return;
    const auto refused = heard_refusal_.find({claim.owner, TaskKey{release.order_id, row.task_id}});
    if (refused == heard_refusal_.end()) return;
    const auto disturbed = disturbed_at_.find({claim.owner, release.id});
    if (disturbed != disturbed_at_.end() && disturbed->second >= refused->second) return;
    violated("truth", what + " counts as unreachable, but its agent answered");
}

// Real concurrency at the moment of an intent (I9): rows of the database, not counters of the core.
void Witness::check_probation(const ReleaseRow& release, const std::vector<TaskRow>& rows,
                              const TaskRow& row) {
    int running = 0, beside = 0, size = 0, done = 0;
    bool is_proven = proven_releases_.contains(release.id);
    std::vector<TaskRow> known = rows;
    add_deleted(release.id, known);
    for (const TaskRow& other : known) {
        if (other.hand_changed_at) return;  // rows that an operator changed follow no plan
        is_proven = is_proven || proves(release, other);
        if (other.status == NodeStatus::running) ++running;
        if (other.batch != row.batch || other.is_late || other.came_after_start) continue;
        ++size;
        if (other.status == NodeStatus::success) ++done;
        if (other.status == NodeStatus::running) ++beside;
    }
    if (release.current_batch > 1 && !release.rolls_back && !is_proven && running > 1) {
        violated("I11", name_of(release) + " sends " + name_of(row) +
                            " a content that nobody has proven beside another node");
    }
    const bool is_ramped = release.is_planned && !release.rolls_back && release.policy.ramp > 0 &&
                           size > static_cast<int>(rules_.ramp_above);
    if (is_ramped && beside > std::max(rules_.ramp_least, release.policy.ramp * done)) {
        violated("ramp", name_of(release) + " has " + std::to_string(beside) +
                             " nodes of a batch running after " + std::to_string(done) +
                             " successes");
    }
}

void Witness::check_room(const control::Claim& claim, const ReleaseRow& release,
                         const std::vector<TaskRow>& rows, const TaskRow& row) {
    const auto region_of = [&](release::NodeId id) {
        const auto found = database_->inventory().find(id);
        if (found == database_->inventory().end()) return std::string("?");
        for (const auto& [name, value] : found->second.address.labels) {
            if (name == "region") return value;
        }
        return std::string();
    };
    const std::string region = region_of(row.node);
    int running = 0;
    int beside = 0;
    for (const TaskRow& other : rows) {
        // A row that an operator set to running takes a place without permission.
        if (other.status != NodeStatus::running || other.hand_changed_at) continue;
        if (release.rolls_back && is_silent(claim, release, other, release.policy.abandon / 2))
            continue;
        ++running;
        if (region_of(other.node) == region) ++beside;
    }
    const release::Policy& policy = release.policy;
    if (policy.max_parallel > 0 && running > policy.max_parallel) {
        violated("I9", name_of(release) + ": " + std::to_string(running) + " nodes run, " +
                           std::to_string(policy.max_parallel) + " may");
    }
    for (const release::PoolRule& rule : policy.pools) {
        if (region == "?" || beside <= rule.size_of(region)) continue;
        violated("I9", name_of(release) + ": " + std::to_string(beside) + " nodes of " + region +
                           " run, " + std::to_string(rule.size_of(region)) + " may");
    }
}

// Deferred nodes were never reached, and there are no more of them than allowed.
void Witness::check_deferred(const ReleaseRow& release, const std::vector<TaskRow>& rows,
                             const TaskRow& row) {
    if (release.catches_up) return;  // deferred again, within the limit of its success
    const auto deferred = std::count_if(rows.begin(), rows.end(), [](const TaskRow& other) {
        return other.status == NodeStatus::deferred;
    });
    const int allowed = release.policy.limits.max_unreachable.of(static_cast<int>(rows.size()));
    if (deferred > allowed) {
        violated("I6", name_of(release) + " has " + std::to_string(deferred) + " deferred nodes, " +
                           std::to_string(allowed) + " may be");
    }
    if (taken_.contains({release.order_id, row.task_id}) && !late_.contains(row.task_id)) {
        violated("truth", name_of(row) + " is deferred, but its agent accepted the task");
    }
}

void Witness::check_finish(const ReleaseRow& release, const std::vector<TaskRow>& rows) {
    if (release.catches_up && !release.is_ended_by_hand &&
        release.status != ReleaseStatus::success) {
        violated("I6", name_of(release) + " was a success before its nodes caught up");
    }
    for (const TaskRow& row : rows) {
        if (is_open(row.status)) {
            violated("I5", name_of(release) + " is finished with " + name_of(row) + " " +
                               std::string(release::to_text(row.status)));
        }
        if (release.status != ReleaseStatus::success || release.is_ended_by_hand) continue;
        if (row.status == NodeStatus::failed && row.is_failure_left_out && !release.catches_up) {
            violated("I6",
                     name_of(release) + " is a success, and its retry left out " + name_of(row));
        }
        if (row.status == NodeStatus::cancelled && !row.is_left_out) {
            violated("I6", name_of(release) + " is a success with " + name_of(row) + " " +
                               std::string(release::to_text(row.status)));
        }
        if (row.status != NodeStatus::skipped || row.is_late || row.hand_changed_at) continue;
        if (row.is_left_out) continue;
        const auto node = database_->inventory().find(row.node);
        const bool is_excused =
            node == database_->inventory().end() || node->second.was_unavailable;
        if (!is_excused) {
            violated("I6", name_of(release) + " is a success with " + name_of(row) +
                               " skipped: " + row.error);
        }
    }
    // A success that an operator wrote is accepted.
    if (release.status != ReleaseStatus::success || release.is_ended_by_hand) return;
    std::vector<TaskRow> known = rows;
    for (TaskRow& row : known) {
        if (is_unread(release.id, row)) row.status = row.status_before_hand;
    }
    add_deleted(release.id, known);
    if (exceeds_limits(release, known)) {
        violated("I6", name_of(release) + " is a success although it is over its limits");
    }
}

void Witness::check_end() {
    check_lives();
    for (const auto& [id, release] : database_->releases()) {
        const auto& rows = database_->rows(id);
        if (!release.finished_at) {
            violated("I7", name_of(release) + " is not finished: " + words(release) + " " +
                               release.last_error);
        }
        for (const TaskRow& row : rows) {
            // Edits by an operator after the end are ignored.
            const bool is_after_end = row.hand_changed_at && release.finished_at &&
                                      *row.hand_changed_at >= *release.finished_at;
            if (is_after_end || row.is_late) continue;
            if (release::is_final(release.status) && is_open(row.status)) {
                violated("I5", name_of(release) + " is finished with " + name_of(row) + " open");
            }
        }
    }
}

}  // namespace edgeroll::sim
