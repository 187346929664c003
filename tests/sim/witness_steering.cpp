// The permitted effects of operators and policies: attempts, actions, waivers, working time,
// contents and rollbacks.
#include <algorithm>
#include <tuple>

#include "witness.hpp"

namespace edgeroll::sim {

using release::Action;
using release::BatchStatus;
using release::Hold;
using release::NodeStatus;
using release::ReleaseStatus;

namespace {

std::string name_of(release::NodeId node) {
    return "node " + std::to_string(node.value);
}

bool is_at_rest(const ReleaseRow& row) {
    return row.status == ReleaseStatus::paused && row.batch_status == BatchStatus::paused;
}

}  // namespace

// A further task: under a new id, and no more attempts than the policy allows.
void Witness::check_attempt(const ReleaseRow& release, const TaskRow& before, const TaskRow& row) {
    const TaskKey key{release.order_id, row.task_id};
    const auto [intent, is_new] =
        intents_.try_emplace(key, Intent{release.id, row.node, row.row_id});
    newest_[row.task_id] = key;
    // A row that was deleted, added again and retried does not know of it.
    const bool is_same_row = intent->second.row_id == row.row_id;
    intent->second.row_id = row.row_id;
    if (!is_new && is_same_row && before.status == NodeStatus::pending) {
        violated("intent", row.task_id + " is sent for a second attempt");
    }
    if (row.ids_passed_over > before.ids_passed_over &&
        !passed_over_.contains({release.order_id, before.task_id})) {
        violated("order", name_of(row.node) + " of " + name_of(release) +
                              " gets another task id, and its agent did not ask for one");
    }
    if (row.ids_passed_over > 5) violated("order", name_of(row.node) + " gets a sixth task id");
    const int tried = row.attempt - row.attempts_before - row.ids_passed_over;
    if (tried > release.policy.retries + 1) {
        violated("retry", name_of(row.node) + " of " + name_of(release) + " is tried " +
                              std::to_string(tried) + " times, " +
                              std::to_string(release.policy.retries) + " retries are allowed");
    }
}

// A requested action is cleared only when it had its effect; failures are waived only by a continue
// after on_failure: pause.
void Witness::check_steering(const ReleaseRow& before, const ReleaseRow& after, bool has_settled) {
    if (after.waived_failures > before.waived_failures && before.hold != Hold::failure) {
        violated("waived", name_of(after) + " waives failures without having paused for them");
    }
    if (before.requested == after.requested || release::is_final(after.status)) return;
    bool is_done = true;
    switch (before.requested) {
        case Action::none:
            return;
        case Action::stop:
            is_done = false;  // only the end of the release ends it
            break;
        case Action::pause:
            is_done = after.status == ReleaseStatus::paused;
            break;
        case Action::resume: {
            // The same hold again is fine if nodes were settled in between: nodes that need no task
            // may end the next batch, or exceed a limit, at once.
            const bool was_held = before.hold != Hold::none;
            const bool has_moved = after.current_batch > before.current_batch || has_settled;
            is_done =
                !was_held || has_moved || after.hold != before.hold || after.hold == Hold::window;
            break;
        }
    }
    if (!is_done) {
        violated("action", name_of(after) + ": the requested " +
                               std::string(release::to_text(before.requested)) +
                               " is cleared, and nothing came of it");
    }
}

namespace {

Instant last_end(const std::vector<TaskRow>& rows) {
    Instant ended{};
    for (const TaskRow& row : rows) {
        const bool was_sent = row.started_at && row.status != NodeStatus::skipped;
        if (row.finished_at && was_sent) {
            ended = std::max(ended, *row.finished_at);
        }
    }
    return ended;
}

}  // namespace

// A batch is opened inside a window; after an earlier batch only when all holds between them have
// ended or an operator continued.
void Witness::check_opening(const control::Claim& claim, const ReleaseRow& before,
                            const std::vector<TaskRow>& rows_before, const ReleaseRow& after) {
    const Instant now = timeline_.now();
    const bool was_held = before.hold != Hold::none || before.status == ReleaseStatus::paused;
    const bool is_continued = before.requested == Action::resume && was_held;
    const bool is_by_hand =
        before.status != ReleaseStatus::paused &&
        (before.hold != Hold::none || before.batch_status == BatchStatus::paused);
    const bool is_within =
        std::any_of(rows_before.begin(), rows_before.end(), [&](const auto& row) {
            return !release::is_final(row.status) &&
                   row.batch <= before.started_batch.value_or(0) && !row.came_after_start &&
                   !is_unread(after.id, row);
        });
    // A continue may come with the end of the batch: whether it was meant for what follows is left
    // open.
    if (is_continued || is_by_hand) waved_through_.insert(after.id);
    if ((is_continued || is_by_hand) && !is_within) cut_short_.insert(after.id);
    const bool is_waved = waved_through_.contains(after.id);
    const bool is_running =
        after.status == ReleaseStatus::running && after.batch_status == BatchStatus::running;
    // The next batch, which may end in the same commit, is looked at anew.
    if (is_running || after.current_batch > before.current_batch) {
        waved_through_.erase(after.id);
        cut_short_.erase(after.id);
    }
    if (after.current_batch <= before.current_batch) return;

    const auto refuse = [&](const char* why) {
        violated("between", name_of(after) + " opens batch " + std::to_string(after.current_batch) +
                                " " + why);
    };
    if (before.requested == Action::pause) refuse("although a pause was asked for");
    const release::Policy& policy = after.policy;
    // The decision was made a little before its commit was written.
    constexpr std::int64_t slack_minutes = 2;
    const std::int64_t minute = now.time_since_epoch().count() / 60'000 % (24 * 60);
    const bool is_inside =
        std::any_of(policy.windows.begin(), policy.windows.end(), [&](const release::Window& one) {
            return one.from_minute <= minute && minute <= one.to_minute + slack_minutes;
        });
    if (!policy.windows.empty() && !is_inside) refuse("outside of every window");
    if (before.current_batch == 0 || is_waved) return;

    check_look(claim, after, rows_before, before.current_batch,
               name_of(after) + " opens batch " + std::to_string(after.current_batch));
    const Instant ended = last_end(rows_before);
    if (policy.batch_interval && now < ended + *policy.batch_interval) refuse("too early");
    if (policy.pauses_after_batch && !policy.batch_interval) refuse("without an operator's word");
}

void Witness::check_look(const control::Claim& claim, const ReleaseRow& release,
                         const std::vector<TaskRow>& rows, std::optional<int> batch,
                         const std::string& what) {
    const release::Policy& policy = release.policy;
    const Instant now = timeline_.now();
    const Instant ended = last_end(rows);
    // The owner counts from the moment at which it heard the result, a little before its commit.
    constexpr Millis slack{500};
    if (now + slack < ended + policy.bake) violated("between", what + " before the bake is over");
    for (const release::Gate& gate : policy.gates) {
        const bool needs_others =
            gate.prometheus && gate.prometheus->query.find("{{peers_re}}") != std::string::npos;
        const bool is_in_turn = batch ? *batch >= gate.from_batch : !needs_others;
        const bool is_asked = !gate.is_dry_run && is_in_turn;
        if (is_asked) check_gate(claim, release, gate.target(), ended, what);
    }
}

void Witness::check_gate(const control::Claim& claim, const ReleaseRow& release,
                         const std::string& url, Instant ended, const std::string& what) {
    const auto passed = gate_passed_at_.find(url);
    if (passed == gate_passed_at_.end() || passed->second < ended) {
        violated("between", what + " without its gate");
    }
    const auto refused = gate_refused_at_.find({claim.owner, url});
    if (refused == gate_refused_at_.end() || refused->second < ended) return;
    const auto disturbed = disturbed_at_.find({claim.owner, release.id});
    if (disturbed != disturbed_at_.end() && disturbed->second >= refused->second) return;
    // Beside other gates one that has passed is asked on: it may refuse while the commit that rests
    // on its pass is under way.
    constexpr Millis under_way{60'000};
    const bool is_alone = release.policy.gates.size() == 1;
    const bool is_older = passed != gate_passed_at_.end() && refused->second < passed->second;
    if (is_alone || is_older || refused->second + under_way < timeline_.now()) {
        violated("between", what + " although its gate refused");
    }
}

// The number of the batch started last changes only with its ordinal, and the holds between two
// batches begin when the earlier batches are done.
void Witness::check_standing(const ReleaseRow& before, const ReleaseRow& after,
                             const std::vector<TaskRow>& rows) {
    const bool is_counted = after.current_batch > before.current_batch;
    const bool is_first_said = !before.started_batch;
    if (after.started_batch != before.started_batch && !is_counted && !is_first_said) {
        violated("between", name_of(after) + " starts another batch and does not count it");
    }
    const bool begins_hold = after.hold != before.hold && release::ends_by_itself(after.hold) &&
                             after.hold != Hold::window && after.started_batch;
    if (!begins_hold) return;
    for (const TaskRow& row : rows) {
        const bool is_open = !release::is_final(row.status);
        if (!is_open || row.came_after_start || is_unread(after.id, row)) continue;
        if (row.batch > *after.started_batch) continue;
        violated("between", name_of(after) + " stands behind batch " +
                                std::to_string(*after.started_batch) + " with " +
                                name_of(row.node) + " undone");
    }
}

// A release or a batch is out of time only if it worked that long by the world's account. A pause
// is what the rows show: both statuses are paused from one commit to another.
void Witness::check_time(const ReleaseRow& before, const ReleaseRow& after) {
    const Instant now = timeline_.now();
    Work& work = work_[after.id];
    if (!before.started_at && after.started_at) work = Work{};
    const bool is_working = after.started_at && !is_at_rest(after);
    const Millis done = work.done + (work.since ? now - *work.since : Millis{0});
    if (after.current_batch > before.current_batch) work.done_before_batch = done;
    if (!is_working && work.since) work.done = done;
    if (is_working && !work.since) work.since = now;
    if (!is_working) work.since.reset();

    if (after.last_error == before.last_error) return;
    // The core counts from its decision, the world from the write.
    constexpr Millis slack{12'000};
    const release::Policy& policy = after.policy;
    const auto is_blamed = [&](const char* limit) {
        return after.last_error.find(limit) != std::string::npos;
    };
    if (policy.release_timeout && is_blamed("its release_timeout_sec") &&
        done < *policy.release_timeout - slack) {
        violated("time", name_of(after) + " is out of time after " + std::to_string(done.count()) +
                             " ms of work, release_timeout is " +
                             std::to_string(policy.release_timeout->count()));
    }
    const Millis in_batch = done - work.done_before_batch;
    if (policy.batch_timeout && is_blamed("its batch_timeout_sec") &&
        in_batch < *policy.batch_timeout - slack) {
        violated("time", name_of(after) + " is out of time after " +
                             std::to_string(in_batch.count()) +
                             " ms of work on its batch, batch_timeout is " +
                             std::to_string(policy.batch_timeout->count()));
    }
}

void Witness::remember_content(const ReleaseRow& release, const TaskRow& before,
                               const TaskRow& row) {
    const bool is_given = row.status == NodeStatus::success && before.status == NodeStatus::running;
    if (!is_given || release.content_sha256 == release::reload_only_mark) return;
    held_[row.node].emplace_back(release.id, row.config_version.value_or(release.version));
}

std::optional<release::Version> Witness::content_before(release::NodeId node,
                                                        release::ReleaseId id) const {
    const auto found = held_.find(node);
    if (found == held_.end()) return std::nullopt;
    const auto& given = found->second;
    const auto last = std::find_if(given.rbegin(), given.rend(),
                                   [&](const auto& one) { return one.first != id; });
    if (last == given.rend()) return std::nullopt;
    return last->second;
}

// I10: one content for all, unless the row names another content (a rollback).
void Witness::check_content(release::ReleaseId id, const TaskRow& row,
                            const control::Parcel& parcel) {
    const ReleaseRow& release = database_->releases().at(id);
    const release::Version source = row.config_version.value_or(release.version);
    const std::string content = std::to_string(parcel.version.value) + " " + *parcel.payload;
    const auto [first, is_first] = sent_content_.try_emplace({id, source}, content);
    if (!is_first && first->second != content) {
        violated("I10", "nodes of " + name_of(release) + " are sent different contents");
    }
    if (!row.config_version) return;
    const auto wanted = database_->contents().find(source);
    if (wanted == database_->contents().end() || wanted->second != *parcel.payload) {
        violated("I10", name_of(row.node) + " of " + name_of(release) +
                            " is not sent the content of version " + std::to_string(source.value));
    }
}

// I5: only a retry changes a finished release, and a retry changes only the rows that it includes.
void Witness::retried(const ReleaseRow& before, const std::vector<TaskRow>& rows_before,
                      const ReleaseRow& after, const std::vector<TaskRow>& rows) {
    trace_.note(timeline_.now(), "operator", "retries " + name_of(after));
    if (!release::is_final(before.status) || before.status == ReleaseStatus::cancelled) {
        violated("I5", name_of(after) + " is retried while it is " +
                           std::string(release::to_text(before.status)));
    }
    const auto words = [](const TaskRow& row) {
        return std::tie(row.node, row.status, row.task_id);
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool is_taken = rows[i].status == NodeStatus::pending &&
                              (rows_before[i].status != NodeStatus::success || after.catches_up);
        const bool is_put_away = rows_before[i].status == NodeStatus::pending &&
                                 rows[i].status == NodeStatus::skipped;  // added after the end
        if (!is_taken && !is_put_away && words(rows[i]) != words(rows_before[i])) {
            violated("I5", name_of(rows[i].node) + " is changed by a retry of others");
        }
    }
}

void Witness::rolled_back(const ReleaseRow& undone, const std::vector<TaskRow>& undone_rows,
                          const ReleaseRow& made, const std::vector<TaskRow>& rows) {
    trace_.note(timeline_.now(), "database",
                name_of(made) + " undoes " + name_of(undone) + " on " +
                    std::to_string(rows.size()) + " nodes");
    if (!undone.aborted_at) {
        violated("rollback", name_of(undone) + " is rolled back, and nothing asked for it");
    }
    way_back_since_[made.id] = timeline_.now();
    if (undone.rolls_back) violated("rollback", name_of(undone) + " is a rollback itself");
    if (!undone_.insert(undone.id).second) {
        violated("rollback", name_of(undone) + " is rolled back a second time");
    }
    for (const TaskRow& row : rows) {
        const auto was = std::find_if(undone_rows.begin(), undone_rows.end(),
                                      [&](const TaskRow& other) { return other.node == row.node; });
        const bool is_asked = std::any_of(intents_.begin(), intents_.end(), [&](const auto& entry) {
            return entry.second.release == undone.id && entry.second.node == row.node;
        });
        const bool is_found_done = was != undone_rows.end() && was->status == NodeStatus::success;
        if (!is_asked && !is_found_done) {
            violated("rollback", name_of(row.node) + " was never touched by " + name_of(undone));
        }
        const auto before = content_before(row.node, undone.id);
        if (!before || row.config_version != before) {
            violated("rollback", name_of(row.node) + " is to get another content than it had");
        }
    }
}

}  // namespace edgeroll::sim
