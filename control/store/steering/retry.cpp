#include "control/store/steering/retry.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "control/store/rows/bans.hpp"
#include "control/store/rows/blockers.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"
#include "control/store/steering/obstacles.hpp"
#include "control/store/steering/steered.hpp"
#include "release/limits.hpp"
#include "release/text/digits.hpp"
#include "release/windows.hpp"
#include "release/wire/batch_config.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t rows_per_statement = 100;

std::vector<release::RetryRow> read_rows(Connection& connection, release::ReleaseId id) {
    using release::RetryRow;
    const Columns<RetryRow> columns{
        {"r.node_id", into<&RetryRow::node>},
        {"n.name", into<&RetryRow::name>},
        {"r.batch", into<&RetryRow::batch>},
        // A row with an unknown word in a finished release was never run.
        {"r.status", word_into<release::NodeStatus::skipped, &RetryRow::status>},
        {"r.attempts_before > r.attempt",
         [](RetryRow& row, const Field& field) {
             row.is_set_aside = row.status == release::NodeStatus::failed && field.is_set();
         }},
        {"r.waived", into<&RetryRow::is_waived>},
        {"r.joined_at", presence_into<&RetryRow::is_joined>},
    };
    return select_rows(connection, columns,
                       "FROM release_task_nodes r LEFT JOIN nodes n ON n.id = r.node_id WHERE "
                       "r.release_task_id = ? ORDER BY r.batch, r.node_id",
                       {id.value});
}

/// The retry would run rows that the end is about to skip.
void refuse_before_the_end(const Steered& steered, const std::vector<release::RetryRow>& rows) {
    const auto is_pending = [](const release::RetryRow& row) {
        return row.status == release::NodeStatus::pending;
    };
    if (steered.has_end || std::none_of(rows.begin(), rows.end(), is_pending)) return;
    refuse(release::code::wrong_state,
           "retry is refused: the release was set to " +
               std::string(to_text(steered.state.status)) +
               " by hand, and its end is not recorded yet: try again in a moment");
}

/// A rollback goes before what has not begun (rows/blockers.hpp), also when it is tried again.
void refuse_when_overtaken(Connection& connection, const RetryRequest& request,
                           release::Version version) {
    const auto other = find_overtaking(connection, request.id, version);
    if (!other) return;
    refuse(release::code::wrong_state,
           "retry is refused: release " + std::to_string(other->release.value) +
               " of the later version " + std::to_string(other->version.value) +
               " is not finished and shares nodes with it");
}

void refuse_when_banned(Connection& connection, const RetryRequest& request,
                        const Steered& steered) {
    if (steered.is_forced && !request.tolerates_all) return;
    const bool is_banned =
        is_content_banned(connection, request.id, steered.version, steered.content_sha256);
    if (!is_banned) return;
    refuse(release::code::wrong_state, "retry is refused: the release is " +
                                           std::string(to_text(steered.state.status)) +
                                           " and its content was banned since");
}

/// A success whose nodes catch up must not stand still: later releases on its nodes wait for it. So
/// it only begins inside its windows, and takes a single batch, since between two batches it would
/// bake, ask its gate, or wait for an operator.
void keep_it_short(Connection& connection, const Steered& steered, release::RetryPlan& plan) {
    const auto policy = release::wire::parse_batch_config(
        steered.batch_config.empty() ? "{}" : steered.batch_config);
    if (!policy) throw Refused{policy.error()};
    const std::int64_t utc_ms =
        connection.query("SELECT " + connection.dialect().utc_ms()).at(0).integer_or(0, 0);
    if (until_open(policy->windows, utc_ms) > release::Millis{0}) {
        refuse(release::code::wrong_state, "retry is refused: no window is open");
    }
    const int batch = plan.taken.front().batch;
    std::erase_if(plan.taken, [&](const release::RetryRow& row) { return row.batch != batch; });
}

/// Operators may retry what did not succeed; reconciliation serves a success only, and any of its
/// nodes.
void refuse_unless_success(const Steered& steered) {
    if (steered.state.rolled_back_by) {
        refuse(release::code::wrong_state, "retry is refused: release " +
                                               std::to_string(steered.state.rolled_back_by->value) +
                                               " rolls it back");
    }
    if (steered.has_end && steered.state.status == release::ReleaseStatus::success) return;
    refuse(release::code::wrong_state, "retry is refused: the release is " +
                                           std::string(to_text(steered.state.status)) +
                                           (steered.has_end ? "" : ", and not finished"));
}

/// A node is in one unfinished release at a time: what that one brings must not be overwritten, nor
/// what is left of it be taken for the end of this one. And the release must not stand in line,
/// where others would wait for it.
void refuse_when_held(Connection& connection, release::ReleaseId id, release::Version version,
                      const std::vector<release::RetryRow>& taken) {
    if (const auto other = find_earlier(connection, id, version)) {
        refuse(release::code::wrong_state, "retry is refused: release " +
                                               std::to_string(other->value) +
                                               " goes first, and is not finished");
    }
    for (const release::RetryRow& row : taken) {
        const auto holder = find_holder(connection, row.node, id);
        if (!holder) continue;
        refuse(release::code::wrong_state,
               "retry is refused: release " + std::to_string(holder->value) +
                   " is not finished and has node " + std::to_string(row.node.value));
    }
}

/// Resets the release to its state before the start, except for the rows that stay and the content,
/// which was fixed at the start.
void begin_anew(Connection& connection, release::ReleaseId id, int waived_failures,
                bool catches_up) {
    connection.execute(
        "UPDATE release_tasks SET status = 'pending', batch_status = NULL, current_batch = 0, "
        "started_batch = NULL, started_batch_epoch = NULL, "
        "started_at = NULL, finished_at = NULL, paused_at = NULL, paused_ms = 0, hold = NULL, "
        "hold_until = NULL, aborted_at = NULL, baked_at = CASE WHEN ? = 1 THEN baked_at END, "
        "batch_work_start_ms = 0, "
        "last_error = NULL, "
        "requested_action = NULL, "
        "lease_expires_at = NULL, callback_state = NULL, callback_tries = 0, callback_at = NULL, "
        "rows_seen = NULL, rows_seen_at = NULL, total_nodes = (SELECT COUNT(*) FROM "
        "release_task_nodes WHERE release_task_id = release_tasks.id AND joined_at IS NULL), "
        "waived_failures = ?, "
        "catches_up = ?, catch_up = NULL, "
        "updated_at = " +
            connection.dialect().now() + " WHERE id = ?",
        {std::int64_t{catches_up ? 1 : 0}, std::int64_t{waived_failures},
         std::int64_t{catches_up ? 1 : 0}, id.value});
}

/// Sets columns of the given rows.
void update_rows(Connection& connection, release::ReleaseId id, const std::string& assignments,
                 const std::vector<release::NodeId>& nodes) {
    for (std::size_t begin = 0; begin < nodes.size(); begin += rows_per_statement) {
        const std::size_t end = std::min(begin + rows_per_statement, nodes.size());
        Values values{id.value};
        for (std::size_t i = begin; i < end; ++i)
            values.emplace_back(nodes[i].value);
        connection.execute("UPDATE release_task_nodes SET " + assignments +
                               ", updated_at = " + connection.dialect().now() +
                               " WHERE release_task_id = ? AND node_id IN (" +
                               placeholders(end - begin) + ")",
                           values);
    }
}

void take_up(Connection& connection, release::ReleaseId id, const release::RetryPlan& plan) {
    std::vector<release::NodeId> taken;
    for (const release::RetryRow& row : plan.taken)
        taken.push_back(row.node);
    update_rows(connection, id,
                "status = 'pending', error_msg = NULL, failure_kind = NULL, started_at = NULL, "
                "finished_at = NULL, progress = 0, attempts_before = attempt, ids_passed_over = 0, "
                "waived = NULL, superseded_by = NULL, reason_kind = NULL, reason_message = NULL, "
                "reason_until = NULL, earlier_error = NULL, evidence = NULL",
                taken);
    update_rows(connection, id, "waived = 1", plan.waived);
    update_rows(connection, id,
                "status = 'skipped', reason_kind = '" +
                    std::string(to_text(release::ReasonKind::added_late)) + "', error_msg = '" +
                    std::string(release::added_late_text) +
                    "', finished_at = " + connection.dialect().now(),
                plan.late);
}

/// A failed row that is not retried counts against no limit of the retry: the limits recognize it
/// by this mark (release/limits.hpp), whichever batch it is in.
void mark_left_alone(Connection& connection, release::ReleaseId id) {
    connection.execute(
        "UPDATE release_task_nodes SET attempts_before = attempt + 1 WHERE release_task_id = ? AND "
        "status = 'failed'",
        {id.value});
}

void record(Connection& connection, const RetryRequest& request, const release::RetryPlan& plan) {
    std::vector<release::HistoryRow> history;
    release::HistoryRow asked;
    asked.kind = "retry_requested";
    asked.detail.emplace_back("nodes", std::to_string(plan.taken.size()));
    if (!plan.waived.empty()) {
        asked.detail.emplace_back("waived_failures", std::to_string(plan.waived.size()));
    }
    if (plan.left_out > 0) asked.detail.emplace_back("left_out", std::to_string(plan.left_out));
    if (!request.reason.empty()) asked.detail.emplace_back("reason", fitted(request.reason));
    history.push_back(std::move(asked));
    for (const release::RetryRow& row : plan.taken) {
        release::HistoryRow taken;
        taken.node = row.node;
        taken.kind = "node_pending";
        taken.detail.emplace_back("was", std::string(to_text(row.status)));
        history.push_back(std::move(taken));
    }
    release::HistoryRow pending;
    pending.kind = "release_pending";
    history.push_back(std::move(pending));
    add_history(connection, request.id, request.actor, history);
}

}  // namespace

std::vector<release::RetryRow> retry_within(Connection& connection, const RetryRequest& request) {
    using release::RetryBy;
    lock_release(connection, request.id);
    const Steered steered = read_steered(connection, request.id);
    if (request.tolerates_all) {
        refuse_unless_success(steered);
    } else {
        allowed_or_refused(release::Steering::retry, steered);
    }
    const std::vector<release::RetryRow> rows = read_rows(connection, request.id);
    refuse_before_the_end(steered, rows);
    auto plan = plan_retry(rows, steered.state.status, request.nodes, steered.waived_failures,
                           request.tolerates_all ? RetryBy::reconciliation : RetryBy::operators);
    if (!plan) {
        plan.error().message = "retry is refused: " + plan.error().message;
        throw Refused{plan.error()};
    }
    refuse_when_overtaken(connection, request, steered.version);
    refuse_when_banned(connection, request, steered);
    if (request.tolerates_all) {
        keep_it_short(connection, steered, *plan);
        refuse_when_held(connection, request.id, steered.version, plan->taken);
    }
    const int waived =
        plan->waived_failures + (request.tolerates_all ? static_cast<int>(plan->taken.size()) : 0);
    begin_anew(connection, request.id, waived, request.tolerates_all);
    take_up(connection, request.id, *plan);
    if (plan->waived_failures > 0) mark_left_alone(connection, request.id);
    record(connection, request, *plan);
    connection.execute("UPDATE release_tasks SET " + recounted_columns() + " WHERE id = ?",
                       {request.id.value});
    if (!request.tolerates_all) {
        audit_release(connection, request, "retry",
                      {{"nodes", plan->taken.size()},
                       {"left_out", plan->left_out},
                       {"some_by_name", !request.nodes.empty()}});
    }
    return std::move(plan->taken);
}

std::vector<release::RetryRow> retry_nodes(Connection& connection, const RetryRequest& request) {
    Transaction transaction(connection, Transaction::Kind::write);
    std::vector<release::RetryRow> taken = retry_within(connection, request);
    transaction.commit();
    return taken;
}

}  // namespace edgeroll::control
