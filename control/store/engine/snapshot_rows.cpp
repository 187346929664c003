#include "control/store/engine/snapshot_rows.hpp"

#include <algorithm>

#include "control/core/node_address.hpp"
#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"
#include "release/reasons.hpp"
#include "release/text/digits.hpp"

namespace edgeroll::control {
namespace {

using release::Address;
using release::NodeFacts;
using release::NodeRow;
using release::Snapshot;

void put_version(SnapshotRelease& row, const Field& field) {
    row.snapshot.version = release::Version{field.integer_or(0)};
    row.version = field.text();
}

void put_config(SnapshotRelease& row, const Field& field) {
    row.batch_config = field.text();
    row.has_config_text = !field.is_null();
}

void put_batch(SnapshotNode& row, const Field& field) {
    row.node.batch = field.small();
    if (row.node.batch < 1 || !field.integer()) row.odd_batch = field.text();
}

void put_status(SnapshotNode& row, const Field& field) {
    const std::string word = field.text();
    const auto status = release::from_text<release::NodeStatus>(word);
    row.node.status = status.value_or(release::NodeStatus::pending);
    if (!status) row.odd_status = word;
}

void put_config_version(SnapshotNode& row, const Field& field) {
    if (field.is_null()) return;
    row.node.config_version = release::Version{field.integer_or(0)};
    if (!possible_version(field)) row.odd_version = field.text();
}

}  // namespace

std::string since_last_finish(const Dialect& dialect, const std::string& where) {
    return "(SELECT " + dialect.age_ms("MAX(finished_at)") + " FROM release_task_nodes WHERE " +
           where + " AND status IN ('success', 'failed', 'cancelled', 'deferred'))";
}

std::optional<release::Millis> span_of(const Field& field) {
    const auto number = field.integer();
    if (!number) return std::nullopt;
    return release::Millis{std::max<std::int64_t>(*number, 0)};
}

Columns<SnapshotRelease> snapshot_release_columns(const Dialect& dialect, bool is_part) {
    constexpr auto snapshot = &SnapshotRelease::snapshot;
    return {
        {"version", put_version},
        {"status", into<&SnapshotRelease::status>},
        {"batch_status",
         word_into<release::BatchStatus::running, snapshot, &Snapshot::batch_status>},
        {"requested_action", into<&SnapshotRelease::requested_action>},
        {"current_batch", into<snapshot, &Snapshot::current_batch>},
        {"total_batches", into<snapshot, &Snapshot::total_batches>},
        {"total_nodes", into<snapshot, &Snapshot::total_nodes>},
        {"success_nodes", into<snapshot, &Snapshot::success_nodes>},
        {"failed_nodes", into<snapshot, &Snapshot::failed_nodes>},
        {"batch_config", put_config},
        {"content_sha256",
         [](SnapshotRelease& row, const Field& field) {
             row.snapshot.content_sha256 = release::lower_hex(field.text());
         }},
        {"last_error", into<snapshot, &Snapshot::last_error>},
        {"type", into<&SnapshotRelease::type>},
        {"CASE WHEN " + dialect.written_time("not_before") + " IS NULL THEN not_before END",
         [](SnapshotRelease& row, const Field& field) {
             if (!field.is_null()) row.odd_time = field.text();
         }},
        {"target", into<&SnapshotRelease::target>},
        {"plan_sha256",
         [](SnapshotRelease& row, const Field& field) {
             row.snapshot.is_planned = !field.text().empty();
         }},
        {"forced", into<snapshot, &Snapshot::is_forced>},
        {"rolls_back", into<snapshot, &Snapshot::rolls_back>},
        {dialect.age_ms("aborted_at"),
         [](SnapshotRelease& row, const Field& field) {
             row.snapshot.aborted_for = span_of(field);
         }},
        {"CASE WHEN aborted_at IS NOT NULL THEN EXISTS (SELECT 1 FROM release_tasks undoing WHERE "
         "undoing.rolls_back = release_tasks.id AND " +
             is_unfinished("undoing.") + ") ELSE 0 END",
         into<snapshot, &Snapshot::is_awaited>},
        {"waived_failures",
         [](SnapshotRelease& row, const Field& field) {
             row.snapshot.waived_failures = std::max(field.small(), 0);
         }},
        // An unknown word waits for an operator.
        {"hold", word_into<release::Hold::review, snapshot, &Snapshot::hold>},
        {"0 - " + dialect.age_ms("hold_until"), into<snapshot, &Snapshot::hold_left>},
        {"COALESCE(" + dialect.age_ms("started_at") + ", 0) - paused_ms - COALESCE(" +
             dialect.age_ms("paused_at") + ", 0)",
         [](SnapshotRelease& row, const Field& field) {
             row.snapshot.worked = span_of(field).value_or(release::Millis{0});
         }},
        {"batch_work_start_ms", into<snapshot, &Snapshot::batch_work_start>},
        {"paused_at IS NOT NULL", into<snapshot, &Snapshot::is_pause_marked>},
        {dialect.utc_ms(), into<snapshot, &Snapshot::utc_ms>},
        {"steer_seq", into<snapshot, &Snapshot::steer_seq>},
        {is_part ? "NULL" : since_last_finish(dialect, "release_task_id = release_tasks.id"),
         [](SnapshotRelease& row, const Field& field) {
             row.snapshot.since_last_finish = span_of(field);
         }},
        {"finished_at IS NOT NULL", into<snapshot, &Snapshot::is_ended>},
        {"catches_up", into<snapshot, &Snapshot::catches_up>},
        // Ids of deleted releases may be used again: evidence counts for the order that it is of.
        {"EXISTS (SELECT 1 FROM release_evidence e WHERE e.release_task_id = release_tasks.id AND "
         "e.order_id = release_tasks.order_id AND e.gate = 'proof')",
         into<snapshot, &Snapshot::is_proven>},
        {"CASE WHEN started_batch_epoch = claim_epoch THEN started_batch END",
         [](SnapshotRelease& row, const Field& field) {
             if (row.snapshot.current_batch <= 0 || !field.integer()) return;
             row.snapshot.started_batch = field.small();
         }},
        {"order_id", into<snapshot, &Snapshot::order_id>},
        {"rows_seen", into<&SnapshotRelease::rows_seen>},
        {dialect.age_ms("rows_seen_at"), into<&SnapshotRelease::since_rows_seen>},
    };
}

Columns<SnapshotNode> snapshot_node_columns(const Dialect& dialect) {
    constexpr auto node = &SnapshotNode::node;
    constexpr auto facts = &NodeRow::facts;
    constexpr auto address = &NodeRow::address;
    constexpr auto applied = &SnapshotNode::applied;
    constexpr auto observed = &SnapshotNode::observed;
    using release::HeldContent;
    using release::Observation;
    return {
        {"r.id", into<node, &NodeRow::row_id>},
        {"r.node_id", into<node, &NodeRow::id>},
        {"r.batch", put_batch},
        {"r.status", put_status},
        {"r.failure_kind", word_into<release::FailureKind::none, node, &NodeRow::failure>},
        {"r.attempt", into<node, &NodeRow::attempt>},
        {"r.agent_task_id", into<node, &NodeRow::task_id>},
        {"r.reason_kind",
         [](SnapshotNode& row, const Field& field) {
             row.node.reason = release::reason_of_row(field.text(), row.node.status);
         }},
        {"r.error_msg", into<node, &NodeRow::error>},
        {"r.reason_message", into<node, &NodeRow::trouble>},
        {"r.earlier_error", into<node, &NodeRow::earlier_error>},
        {"COALESCE(r.evidence, 'unknown')", into<node, &NodeRow::evidence>},
        {"CASE WHEN r.status = 'running' THEN " + dialect.age_ms("r.started_at") + " END",
         [](SnapshotNode& row, const Field& field) {
             row.node.running_for = span_of(field).value_or(release::Millis{0});
         }},
        {"r.attempts_before", into<node, &NodeRow::attempts_before>},
        {"r.ids_passed_over", into<node, &NodeRow::ids_passed_over>},
        {"r.start_epoch", presence_into<node, &NodeRow::is_of_start>},
        {"r.waived", into<node, &NodeRow::is_waived>},
        {"r.config_version", put_config_version},
        {"n.id", presence_into<node, facts, &NodeFacts::exists>},
        {"n.enabled", into<node, facts, &NodeFacts::is_enabled>},
        {"n.status",
         [](SnapshotNode& row, const Field& field) {
             row.node.facts.is_in_maintenance = field.text() == "maintenance";
         }},
        {"r.joined_at", presence_into<node, &NodeRow::is_joined>},
        {"n.applied_version", possible_version_into<applied, &HeldContent::version>},
        {"n.applied_sha256",
         [](SnapshotNode& row, const Field& field) {
             row.applied.sha256 = release::lower_hex(field.text());
         }},
        {"n.observed_content",
         word_into<release::ObservedContent::none, observed, &Observation::content>},
        {"n.observed_version", possible_version_into<observed, &Observation::version>},
        {"n.observed_sha256", into<observed, &Observation::sha256>},
        {"n.observed_remark", into<observed, &Observation::remark>},
        {"n.capabilities", into<observed, &Observation::capabilities>},
        {"COALESCE(n.capabilities, '') <> ''", into<node, facts, &NodeFacts::is_own_agent>},
        {"n.name", into<node, address, &Address::name>},
        {"n.main_ip",
         [](SnapshotNode& row, const Field& field) {
             row.node.address.ip = address_or_text(field.text());
         }},
        {"n.agent_port", into<node, address, &Address::port>},
        {"n.cert_fingerprint",
         [](SnapshotNode& row, const Field& field) {
             row.node.address.fingerprint = normal_fingerprint(field.text());
         }},
        {"n.labels",
         [](SnapshotNode& row, const Field& field) {
             row.node.address.labels = read_labels(field.text());
         }},
    };
}

}  // namespace edgeroll::control
