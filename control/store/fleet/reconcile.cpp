#include "control/store/fleet/reconcile.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "control/store/fleet/owed.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/steering/retry.hpp"
#include "control/store/steering/steered.hpp"

namespace edgeroll::control {
namespace {

using release::OwedNode;
using release::ReconcileRound;

constexpr const char* actor = "edgeroll";

/// First statement of a transaction that takes nodes up: a second process waits here for the end of
/// the first one's, and then counts what that took (on a cluster it is repeated).
void take_turn(Connection& connection) {
    const char* const again = connection.dialect().is_mysql() ? "ON DUPLICATE KEY UPDATE"
                                                              : "ON CONFLICT(name) DO UPDATE SET";
    connection.execute(std::string("INSERT INTO counters (name, value) VALUES (?, 1) ") + again +
                           " value = value + 1",
                       {std::string("reconcile_turns")});
}

struct OpenNode {
    std::int64_t id = 0;
    Reconciled what;
    bool has_release = false, has_node = false, is_ended = false;
    std::string status;  ///< of its row; empty: the row is gone
};

Columns<OpenNode> open_columns() {
    constexpr auto what = &OpenNode::what;
    return {
        {"k.id", into<&OpenNode::id>},
        {"k.release_task_id", into<what, &Reconciled::release>},
        {"k.node_id", into<what, &Reconciled::node>},
        {"n.name", into<what, &Reconciled::name>},
        {"n.id", presence_into<&OpenNode::has_node>},
        {"k.cause",
         [](OpenNode& open, const Field& field) {
             open.what.cause = release::from_text<release::OwedCause>(field.text())
                                   .value_or(release::OwedCause::joined);
         }},
        {"t.id", presence_into<&OpenNode::has_release>},
        {"CASE WHEN t.finished_at IS NOT NULL THEN 1 ELSE 0 END", into<&OpenNode::is_ended>},
        {"r.status", into<&OpenNode::status>},
        {"r.error_msg", into<what, &Reconciled::error>},
    };
}

/// Nothing: it is still being served.
std::optional<std::string> outcome_of(const OpenNode& open) {
    const bool is_lost = !open.has_release || open.status.empty();
    const bool is_open = open.status == "pending" || open.status == "running";
    if (is_lost || (open.is_ended && is_open)) return "given_up";
    if (is_open) return std::nullopt;
    // It failed because it was taken out of the inventory, which is nobody's fault.
    if (!open.has_node) return "given_up";
    const bool is_word =
        open.status == "success" || open.status == "failed" || open.status == "deferred";
    return is_word ? open.status : "given_up";
}

std::vector<OpenNode> read_open(Connection& connection) {
    return select_rows(
        connection, open_columns(),
        "FROM reconcile_nodes k LEFT JOIN release_tasks t ON t.id = k.release_task_id LEFT JOIN "
        "release_task_nodes r ON r.release_task_id = k.release_task_id AND r.node_id = k.node_id "
        "LEFT JOIN nodes n ON n.id = k.node_id WHERE k.ended_at IS NULL ORDER BY k.id");
}

bool has_ended(Connection& connection) {
    return std::ranges::any_of(read_open(connection),
                               [](const OpenNode& open) { return outcome_of(open).has_value(); });
}

/// The nodes that have ended, written down.
std::vector<Reconciled> settle(Connection& connection) {
    std::vector<Reconciled> ended;
    for (OpenNode& open : read_open(connection)) {
        const auto outcome = outcome_of(open);
        if (!outcome) continue;
        if (*outcome == "success") open.what.error.clear();
        // Another process may have written it down meanwhile.
        const std::int64_t written = connection.execute(
            "UPDATE reconcile_nodes SET ended_at = " + connection.dialect().now() +
                ", outcome = ?, error_msg = ? WHERE id = ? AND ended_at IS NULL",
            {*outcome, null_if_empty(fitted(open.what.error)), open.id});
        if (written != 1) continue;
        open.what.outcome = *outcome;
        ended.push_back(std::move(open.what));
    }
    return ended;
}

/// Rows for the nodes that have none: with batch 0, outside all totals.
void add_joining(Connection& connection, const ReconcileRound& round) {
    std::vector<release::HistoryRow> history;
    for (const OwedNode& node : round.nodes) {
        if (node.cause != release::OwedCause::joined) continue;
        const std::int64_t added = connection.execute(
            "INSERT INTO release_task_nodes (release_task_id, node_id, batch, status, joined_at) "
            "SELECT t.id, n.id, 0, 'skipped', " +
                connection.dialect().now() +
                " FROM release_tasks t, nodes n WHERE t.id = ? AND n.id = ? AND NOT EXISTS (SELECT "
                "1 FROM release_task_nodes r WHERE r.release_task_id = t.id AND r.node_id = n.id)",
            {round.release.value, node.node.value});
        if (added != 1) continue;
        release::HistoryRow row;
        row.node = node.node;
        row.kind = "node_joined";
        history.push_back(std::move(row));
    }
    add_history(connection, round.release, actor, history);
}

std::string reason_of(const std::vector<OwedNode>& nodes) {
    std::map<release::OwedCause, int> causes;
    for (const OwedNode& node : nodes)
        ++causes[node.cause];
    std::string text;
    for (const auto& [cause, count] : causes) {
        text += (text.empty() ? "reconciliation: " : ", ") + std::to_string(count) + " " +
                std::string(to_text(cause));
    }
    return text;
}

/// Drops what others have done meanwhile, and what the pace does not allow.
void trim(Connection& connection, TemplateBook& templates, const release::ReconcileRules& rules,
          ReconcileRound& round) {
    keep_owed(connection, templates, rules, round.release, round.nodes);
    const int room = release::reconcile_room(rules, read_pace(connection),
                                             is_proven_of_late(connection, round.release));
    if (round.nodes.size() > static_cast<std::size_t>(room)) {
        round.nodes.resize(static_cast<std::size_t>(room));
    }
}

std::vector<release::NodeId> retry(Connection& connection, const ReconcileRound& round) {
    RetryRequest request;
    request.id = round.release;
    request.actor = actor;
    request.reason = reason_of(round.nodes);
    for (const OwedNode& node : round.nodes)
        request.nodes.emplace_back(node.node);
    request.tolerates_all = true;
    std::vector<release::NodeId> taken;
    for (const release::RetryRow& row : retry_within(connection, request))
        taken.push_back(row.node);
    return taken;
}

void note_taken(Connection& connection, const ReconcileRound& round,
                const std::vector<release::NodeId>& taken) {
    for (const OwedNode& node : round.nodes) {
        if (std::ranges::find(taken, node.node) == taken.end()) continue;
        connection.execute(
            "INSERT INTO reconcile_nodes (release_task_id, node_id, cause) VALUES (?, ?, ?)",
            {round.release.value, node.node.value, std::string(to_text(node.cause))});
    }
}

}  // namespace

TakenUp take_up_nodes(Connection& connection, TemplateBook& templates,
                      const release::ReconcileRules& rules, const release::ReconcileRound& wanted) {
    ReconcileRound round = wanted;
    std::vector<Reconciled> ended;
    try {
        Transaction transaction(connection, Transaction::Kind::write);
        take_turn(connection);
        // What has ended meanwhile counts, also where nobody has written it down yet.
        ended = settle(connection);
        trim(connection, templates, rules, round);
        TakenUp result;
        if (!round.nodes.empty()) {
            lock_release(connection, round.release);
            add_joining(connection, round);
            result.nodes = retry(connection, round);
            note_taken(connection, round, result.nodes);
        }
        result.ended = std::move(ended);
        transaction.commit();
        return result;
    } catch (const Refused& refused) {
        // What had ended is written down with the next progress().
        return {{}, refused.error.message, {}};
    }
}

ReconcileProgress read_progress(Connection& connection) {
    ReconcileProgress progress;
    progress.pace = read_pace(connection);
    if (progress.pace.open == 0) return progress;
    if (!has_ended(connection)) return progress;
    Transaction transaction(connection, Transaction::Kind::write);
    take_turn(connection);
    progress.ended = settle(connection);
    progress.pace = read_pace(connection);
    transaction.commit();
    return progress;
}

int forgive_failures(Connection& connection) {
    return static_cast<int>(connection.execute(
        "UPDATE reconcile_nodes SET continued_at = " + connection.dialect().now() +
        " WHERE outcome = 'failed' AND continued_at IS NULL"));
}

}  // namespace edgeroll::control
