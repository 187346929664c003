#include "control/store/engine/snapshot_query.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "control/core/node_address.hpp"
#include "control/store/engine/snapshot_checks.hpp"
#include "control/store/rows/blockers.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_mark.hpp"
#include "control/store/rows/version_range.hpp"
#include "release/text/digits.hpp"
#include "release/wire/batch_config.hpp"
#include "release/words.hpp"

namespace edgeroll::control {
namespace {

using release::Snapshot;

std::string quoted(const std::string& text) {
    constexpr std::size_t shown_max = 64;
    return "'" + fitted(text, shown_max) + "'";
}

/// What steers it between batches: columns 15 and on of read_release.
void read_steering(Snapshot& snapshot, const Row& row) {
    snapshot.is_planned = !row.text(15).empty();
    snapshot.is_forced = row.integer_or(16, 0) != 0;
    if (const auto undone = row.integer(17)) snapshot.rolls_back = release::ReleaseId{*undone};
    snapshot.waived_failures = std::max(row.small(18), 0);
    // A word that nobody knows waits for an operator.
    snapshot.hold = release::from_text<release::Hold>(row.text(19)).value_or(release::Hold::review);
    if (const auto left = row.integer(20)) snapshot.hold_left = release::Millis{*left};
    snapshot.worked = release::Millis{std::max<std::int64_t>(row.integer_or(21, 0), 0)};
    snapshot.batch_work_start = release::Millis{row.integer_or(22, 0)};
    snapshot.is_pause_marked = row.integer_or(23, 0) != 0;
    snapshot.utc_ms = row.integer_or(24, 0);
    snapshot.steer_seq = row.integer_or(25, 0);
    snapshot.is_ended = row.integer_or(27, 0) != 0;
    snapshot.catches_up = row.integer_or(28, 0) != 0;
    if (snapshot.current_batch > 0 && row.integer(29)) snapshot.started_batch = row.small(29);
    snapshot.order_id = row.text(30);
}

/// Since a node was last finished, in milliseconds, of the rows that `where` picks.
std::string since_last_finish(const Dialect& dialect, const std::string& where) {
    return "(SELECT " + dialect.age_ms("MAX(finished_at)") + " FROM release_task_nodes WHERE " +
           where + " AND status IN ('success', 'failed', 'cancelled', 'deferred'))";
}

void take_last_finish(Snapshot& snapshot, const Row& row, std::size_t column) {
    if (const auto since = row.integer(column)) {
        snapshot.since_last_finish = release::Millis{std::max<std::int64_t>(*since, 0)};
    }
}

std::optional<Snapshot> read_release(Connection& connection, const Claim& claim, bool is_part,
                                     Finding& finding) {
    const Rows rows = connection.query(
        "SELECT version, status, batch_status, requested_action, current_batch, total_batches, "
        "total_nodes, success_nodes, failed_nodes, batch_config, content_sha256, last_error, type, "
        "CASE WHEN " +
            connection.dialect().written_time("not_before") +
            " IS NULL THEN not_before "
            "END, target, plan_sha256, forced, rolls_back, waived_failures, hold, 0 - " +
            connection.dialect().age_ms("hold_until") + ", COALESCE(" +
            connection.dialect().age_ms("started_at") + ", 0) - paused_ms - COALESCE(" +
            connection.dialect().age_ms("paused_at") +
            ", 0), batch_work_start_ms, paused_at IS NOT NULL, " + connection.dialect().utc_ms() +
            ", steer_seq, " +
            (is_part
                 ? "NULL"
                 : since_last_finish(connection.dialect(), "release_task_id = release_tasks.id")) +
            ", finished_at IS NOT NULL, catches_up, CASE WHEN started_batch_epoch = claim_epoch "
            "THEN started_batch END, order_id, rows_seen, " +
            connection.dialect().age_ms("rows_seen_at") +
            " FROM release_tasks WHERE id = ? AND claim_epoch = ? "
            "AND "
            "claimed_by = ?",
        {claim.release.value, claim.epoch.value, claim.owner});
    if (rows.empty()) return std::nullopt;
    const Row& row = rows[0];
    Snapshot snapshot;
    snapshot.id = claim.release;
    snapshot.version = release::Version{row.integer_or(0, 0)};
    if (!is_possible(snapshot.version)) {
        add_problem(snapshot, std::string("version must be ") + version_range_text + ", not " +
                                  quoted(row.text(0)));
    }
    if (claim.epoch.value >= release::epoch_max) {
        add_problem(snapshot, release::unusable_epoch);
    }
    const auto status = release::from_text<release::ReleaseStatus>(row.text(1));
    snapshot.status = status.value_or(release::ReleaseStatus::running);
    if (!status) add_problem(snapshot, "status " + quoted(row.text(1)) + " is not known");
    snapshot.current_batch = row.small(4);
    const auto batch_status = release::from_text<release::BatchStatus>(row.text(2));
    snapshot.batch_status = batch_status.value_or(release::BatchStatus::running);
    const auto action = release::from_text<release::Action>(row.text(3));
    snapshot.requested = action.value_or(release::Action::none);
    if (!action) finding.unknown_action = row.text(3);
    snapshot.total_batches = row.small(5);
    snapshot.total_nodes = row.small(6);
    snapshot.success_nodes = row.small(7);
    snapshot.failed_nodes = row.small(8);
    const std::string config = row.text(9);
    const bool is_blank = config.find_first_not_of(" \t\r\n") == std::string::npos;
    finding.has_blank_config = snapshot.is_config_empty = is_blank && !row.is_null(9);
    if (!is_blank) {
        snapshot.has_batch_config = true;
        auto policy = release::wire::parse_batch_config(config);
        if (policy) {
            snapshot.policy = *policy;
        } else {
            add_problem(snapshot, policy.error().message);
        }
    }
    snapshot.content_sha256 = release::lower_hex(row.text(10));
    snapshot.last_error = row.text(11);
    const auto type = release::from_text<release::TaskType>(row.text(12));
    snapshot.type = type.value_or(release::TaskType::apply_config);
    if (!type) {
        add_problem(snapshot, "type " + quoted(row.text(12)) + " is not known: " +
                                  release::listed<release::TaskType>(" and ") + " are");
    }
    if (!row.is_null(13)) {
        add_problem(snapshot, "not_before " + quoted(row.text(13)) + " is not a time");
    }
    if (row.text(14) != "cdn") {
        add_problem(snapshot, "target " + quoted(row.text(14)) + " is not supported: only cdn is");
    }
    read_steering(snapshot, row);
    finding.rows_seen = row.integer(31);
    finding.since_rows_seen = row.integer(32);
    take_last_finish(snapshot, row, 26);
    return snapshot;
}

release::NodeRow node_row(Snapshot& snapshot, const Row& row) {
    release::NodeRow node;
    node.row_id = row.integer_or(0, 0);
    node.id = release::NodeId{row.integer_or(1, 0)};
    node.batch = row.small(2);
    const std::string who = "node row " + std::to_string(node.row_id);
    const auto status = release::from_text<release::NodeStatus>(row.text(3));
    node.status = status.value_or(release::NodeStatus::pending);
    // Once the release is started such a row is a late one, and skipped like any other; a retry of
    // others leaves it so.
    const bool is_to_start = snapshot.current_batch == 0 && !is_final(node.status);
    if (is_to_start && (node.batch < 1 || !row.integer(2))) {
        add_problem(snapshot, who + ": batch must be at least 1, not " + quoted(row.text(2)));
    }
    if (!status) add_problem(snapshot, who + ": status " + quoted(row.text(3)) + " is not known");
    node.failure =
        release::from_text<release::FailureKind>(row.text(4)).value_or(release::FailureKind::none);
    node.attempt = row.small(5);
    node.task_id = row.text(6);
    node.reason = release::reason_of_row(row.text(24), node.status);
    node.error = row.text(7);
    node.trouble = row.text(25);
    node.earlier_error = row.text(26);
    node.running_for = release::Millis{std::max<std::int64_t>(row.integer_or(8, 0), 0)};
    node.attempts_before = row.small(19);
    node.ids_passed_over = row.small(23);
    node.is_of_start = !row.is_null(21);
    node.is_waived = row.integer_or(22, 0) != 0;
    if (!row.is_null(20)) {
        node.config_version = release::Version{row.integer_or(20, 0)};
        if (!version_at(row, 20)) {
            add_problem(snapshot, who + ": config_version must be " + version_range_text +
                                      ", not " + quoted(row.text(20)));
        }
    }
    node.facts.exists = !row.is_null(9);
    if (!node.facts.exists) return node;
    node.facts.is_enabled = row.integer_or(10, 0) != 0;
    node.facts.is_in_maintenance = row.text(11) == "maintenance";
    node.facts.applied_version = version_at(row, 12);
    node.facts.applied_sha256 = release::lower_hex(row.text(13));
    node.address.name = row.text(14);
    node.address.ip = address_or_text(row.text(15));
    node.address.port = row.small(16);
    node.address.fingerprint = normal_fingerprint(row.text(17));
    node.address.labels = read_labels(row.text(18));
    return node;
}

/// By the index; a row whose status is no known word is missed, and then all rows are read.
constexpr const char* of_batch =
    " AND r.status IN ('pending', 'running', 'success', 'failed', 'skipped', 'deferred', "
    "'cancelled') AND r.batch = ?";

/// Without statistics SQLite would take the index by nodes, and look at every row of the release.
const char* by_status_and_batch(const Dialect& dialect) {
    return dialect.backend == Backend::sqlite ? " INDEXED BY release_task_nodes_status"
                                              : " FORCE INDEX (release_task_nodes_status)";
}

/// What shows that the other rows are as they were, from the index alone.
void look_at_others(Connection& connection, Snapshot& snapshot, int number) {
    const std::string of = " FROM release_task_nodes WHERE release_task_id = ? AND status = ";
    const Value id{snapshot.id.value};
    const Row row =
        connection
            .query("SELECT (SELECT MIN(batch)" + of + "'pending'), (SELECT MIN(batch)" + of +
                       "'running'), (SELECT COUNT(*)" + of + "'failed'), " +
                       since_last_finish(connection.dialect(), "release_task_id = ? AND batch = ?"),
                   {id, id, id, id, std::int64_t{snapshot.started_batch.value_or(0)}})
            .at(0);
    take_last_finish(snapshot, row, 3);
    release::BatchReading part;
    part.number = number;
    for (const std::size_t column : {0U, 1U}) {
        if (row.is_null(column)) continue;
        part.lowest_open =
            std::min(part.lowest_open.value_or(row.small(column)), row.small(column));
    }
    part.failed = row.small(2);
    snapshot.part = part;
}
/// Rows by SQL may give two nodes one address: their one agent would be sent two tasks. Looked
/// at before the first batch, while it can be corrected and nothing has happened yet.
void check_addresses(Snapshot& snapshot) {
    if (snapshot.current_batch > 0) return;
    std::vector<NodePlace> places;
    for (const release::NodeRow& node : snapshot.nodes) {
        const release::NodeFacts& facts = node.facts;
        const bool is_asked =
            facts.exists && facts.is_enabled && !facts.is_in_maintenance && !is_final(node.status);
        if (!is_asked) continue;
        places.push_back({node.id, node.address.name, node.address.ip, node.address.port});
    }
    std::string shared = shared_address(places);
    if (!shared.empty()) add_problem(snapshot, std::move(shared));
}

void read_nodes(Connection& connection, Snapshot& snapshot) {
    Values values{snapshot.id.value};
    if (snapshot.part) values.emplace_back(std::int64_t{snapshot.part->number});
    const Rows rows = connection.query(
        "SELECT r.id, r.node_id, r.batch, r.status, r.failure_kind, r.attempt, "
        "r.agent_task_id, "
        "r.error_msg, CASE WHEN r.status = 'running' THEN " +
            connection.dialect().age_ms("r.started_at") +
            " END, n.id, n.enabled, n.status, n.applied_version, n.applied_sha256, n.name, "
            "n.main_ip, n.agent_port, n.cert_fingerprint, n.labels, r.attempts_before, "
            "r.config_version, r.start_epoch, r.waived, r.ids_passed_over, r.reason_kind, "
            "r.reason_message, r.earlier_error FROM "
            "release_task_nodes r" +
            (snapshot.part ? by_status_and_batch(connection.dialect()) : "") +
            " LEFT JOIN nodes n ON n.id = r.node_id WHERE r.release_task_id = ?" +
            (snapshot.part ? of_batch : "") + " ORDER BY r.batch, r.node_id",
        values);
    snapshot.nodes.reserve(rows.size());
    for (const Row& row : rows)
        snapshot.nodes.push_back(node_row(snapshot, row));
    // Text in a numeric column (SQLite takes it) would otherwise be out of order.
    std::stable_sort(snapshot.nodes.begin(), snapshot.nodes.end(),
                     [](const release::NodeRow& a, const release::NodeRow& b) {
                         return std::pair(a.batch, a.id) < std::pair(b.batch, b.id);
                     });
    check_addresses(snapshot);
}

void take_awaited_rows(Snapshot& snapshot, const Finding& finding) {
    const auto rows = static_cast<std::int64_t>(snapshot.nodes.size());
    const bool is_noted = finding.rows_seen == rows && finding.since_rows_seen;
    if (snapshot.current_batch > 0 || snapshot.part || !is_noted) return;
    snapshot.rows_unchanged_for =
        release::Millis{std::max<std::int64_t>(*finding.since_rows_seen, 0)};
}

/// In the history, not in last_error: what somebody mistyped says nothing about the release,
/// and nothing that happens later would take it away again.
void refuse_action(Connection& connection, const Claim& claim, const std::string& word) {
    const Dialect& dialect = connection.dialect();
    const std::string text = "requested_action " + quoted(word) +
                             " is not known and was cleared: pause, continue and stop are";
    Transaction transaction(connection, Transaction::Kind::write);
    const std::int64_t cleared = connection.execute(
        "UPDATE release_tasks SET requested_action = NULL, "
        "write_seq = write_seq + 1, updated_at = " +
            dialect.now() +
            " WHERE id = ? AND claim_epoch = ? AND claimed_by = ? AND requested_action = ?",
        {claim.release.value, claim.epoch.value, claim.owner, word});
    if (cleared != 1) return;
    release::HistoryRow row;
    row.kind = "action_refused";
    row.detail.emplace_back("reason", text);
    add_history(connection, claim.release, claim.owner, {row});
    transaction.commit();
}

std::optional<Snapshot> read_all(Connection& connection, ContentBook& contents, const Claim& claim,
                                 std::optional<int> part, const release::wire::CallRules& rules,
                                 Finding& finding) {
    Transaction transaction(connection, Transaction::Kind::read);
    auto snapshot = read_release(connection, claim, part.has_value(), finding);
    if (!snapshot) return std::nullopt;
    if (part) look_at_others(connection, *snapshot, *part);
    read_nodes(connection, *snapshot);
    take_awaited_rows(*snapshot, finding);
    if (finding.has_blank_config && snapshot->nodes.empty()) {
        add_problem(*snapshot,
                    "batch_config is an empty text: write the JSON object that is meant ({} for "
                    "the defaults), or NULL and node rows");
    }
    check_provenance(connection, *snapshot);
    check_gate(*snapshot, rules);
    read_own_content(connection, contents, *snapshot, finding);
    read_other_contents(connection, contents, *snapshot, finding);
    read_bans(connection, *snapshot, finding);
    if (!part && snapshot->nodes.empty() && snapshot->has_batch_config) {
        snapshot->fleet = read_fleet(connection);
    }
    if (snapshot->current_batch == 0) {
        snapshot->blockers = find_blockers(connection, snapshot->id, snapshot->version);
    }
    finding.raises_mark = is_possible(snapshot->version) && snapshot->version.value <= marked_max &&
                          snapshot->version.value > read_version_mark(connection);
    transaction.commit();
    return snapshot;
}

}  // namespace

std::optional<Snapshot> take_snapshot(Connection& connection, ContentBook& contents,
                                      const Claim& claim, std::optional<int> part,
                                      const release::wire::CallRules& gate_rules) {
    constexpr int readings_max = 2;
    for (int i = 1;; ++i) {
        Finding finding;
        auto snapshot = read_all(connection, contents, claim, part, gate_rules, finding);
        if (!snapshot) return std::nullopt;
        if (write_down(connection, *snapshot, finding) && i < readings_max) continue;
        if (!finding.unknown_action.empty()) {
            refuse_action(connection, claim, finding.unknown_action);
        }
        return snapshot;
    }
}

}  // namespace edgeroll::control
