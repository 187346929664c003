#include "control/store/api/steer.hpp"

#include <string>
#include <utility>

#include "control/store/api/releases.hpp"
#include "control/store/audit.hpp"
#include "control/store/column_text.hpp"
#include "control/store/history.hpp"
#include "control/store/locked.hpp"
#include "control/store/provenance.hpp"
#include "control/store/sql_parts.hpp"
#include "release/text/digits.hpp"

namespace edgeroll::control {
namespace {

using release::Ruling;
using release::Steering;

[[noreturn]] void refuse_unknown(release::ReleaseId id) {
    refuse(release::code::not_found, "there is no release " + std::to_string(id.value));
}

/// What requested_action becomes; NULL where the opposite request is taken back.
Value requested_by(Steering action, const Ruling& ruling) {
    if (ruling.kind == Ruling::Kind::withdraws) return std::monostate{};
    return std::string(to_text(action));
}

void record(Connection& connection, const ActionRequest& request, const std::string& kind,
            Detail detail) {
    release::HistoryRow row;
    row.kind = kind;
    row.detail = std::move(detail);
    if (!request.reason.empty()) row.detail.emplace_back("reason", fitted(request.reason));
    add_history(connection, request.id, request.actor, {row});
}

void note_limit(Detail& detail, const char* key, const std::optional<std::string>& json_text) {
    if (!json_text) return;
    detail.emplace_back(key, *json_text == "null" ? "no limit" : *json_text);
}

}  // namespace

void lock_release(Connection& connection, release::ReleaseId id) {
    const std::int64_t locked = naming_lock(id, [&] {
        return connection.execute(
            "UPDATE release_tasks SET write_seq = write_seq + 1, steer_seq = steer_seq + 1, "
            "updated_at = updated_at WHERE id = ?",
            {id.value});
    });
    if (locked != 1) refuse_unknown(id);
}

Steered read_steered(Connection& connection, release::ReleaseId id) {
    const Rows rows = connection.query(
        "SELECT " + effective_status() + ", batch_status, " + effective_action() +
            ", hold, current_batch, total_batches, type, content_sha256, version, forced, "
            "batch_config, (SELECT COUNT(*) FROM release_task_nodes WHERE release_task_id = "
            "release_tasks.id AND release_task_nodes.status = 'deferred'), (SELECT MIN(other.id) "
            "FROM release_tasks other WHERE other.rolls_back = release_tasks.id AND " +
            has_own_rollback("other.") + "), CASE WHEN " + has_own_rollback("release_tasks.") +
            " THEN rolls_back END, finished_at, waived_failures "
            "FROM release_tasks WHERE id = ?",
        {id.value});
    if (rows.empty()) refuse_unknown(id);
    const Row& row = rows[0];
    Steered steered;
    release::SteeringState& state = steered.state;
    state.status = release::from_text<release::ReleaseStatus>(row.text(0))
                       .value_or(release::ReleaseStatus::running);
    state.batch_status =
        release::from_text<release::BatchStatus>(row.text(1)).value_or(release::BatchStatus::none);
    state.requested =
        release::from_text<release::Action>(row.text(2)).value_or(release::Action::none);
    state.hold = release::from_text<release::Hold>(row.text(3)).value_or(release::Hold::review);
    state.current_batch = row.small(4);
    state.total_batches = row.small(5);
    state.type = release::from_text<release::TaskType>(row.text(6))
                     .value_or(release::TaskType::apply_config);
    steered.content_sha256 = release::lower_hex(row.text(7));
    state.is_reload_only = steered.content_sha256 == release::reload_only_mark;
    steered.version = release::Version{row.integer_or(8, 0)};
    steered.is_forced = row.integer_or(9, 0) != 0;
    steered.batch_config = row.text(10);
    state.deferred_nodes = row.small(11);
    state.is_rollback = !row.is_null(13);
    steered.has_end = !row.is_null(14);
    steered.waived_failures = row.small(15);
    if (const auto other = row.integer(12)) state.rolled_back_by = release::ReleaseId{*other};
    return steered;
}

Ruling allowed_or_refused(Steering action, const Steered& steered) {
    Ruling ruling = judge(action, steered.state);
    if (ruling.kind == Ruling::Kind::refused) {
        refuse(release::code::wrong_state,
               std::string(to_text(action)) + " is refused: " + ruling.message);
    }
    return ruling;
}

void audit_release(Connection& connection, const ActionRequest& request, std::string_view action,
                   release::wire::Json detail) {
    AuditDeed deed;
    deed.action = "release." + std::string(action);
    deed.object = "release:" + std::to_string(request.id.value);
    if (detail.is_object()) deed.detail = std::move(detail);
    if (!request.reason.empty()) deed.detail["reason"] = audit_text(request.reason);
    append_audit(connection, request.by, deed);
}

ReleaseView steer_release(Connection& connection, const SteerRequest& request) {
    {
        Transaction transaction(connection, Transaction::Kind::write);
        lock_release(connection, request.id);
        const Steered steered = read_steered(connection, request.id);
        const Ruling ruling = allowed_or_refused(request.action, steered);
        if (ruling.kind != Ruling::Kind::repeated) {
            connection.execute("UPDATE release_tasks SET requested_action = ?, updated_at = " +
                                   connection.dialect().now() + " WHERE id = ?",
                               {requested_by(request.action, ruling), request.id.value});
            Detail detail;
            if (ruling.kind == Ruling::Kind::withdraws) {
                detail.emplace_back("withdraws", std::string(to_text(steered.state.requested)));
            }
            record(connection, request, std::string(to_text(request.action)) + "_requested",
                   std::move(detail));
            audit_release(connection, request, to_text(request.action), {});
            transaction.commit();
        }
    }
    return read_release_view(connection, request.id);
}

ReleaseSummary limit_release(Connection& connection, const LimitRequest& request) {
    {
        Transaction transaction(connection, Transaction::Kind::write);
        lock_release(connection, request.id);
        const Steered steered = read_steered(connection, request.id);
        allowed_or_refused(Steering::limit, steered);
        // Without rows a batch_config would turn it into a release that edgeroll plans itself.
        const bool has_rows = !connection
                                   .query(
                                       "SELECT 1 FROM release_task_nodes WHERE "
                                       "release_task_id = ? LIMIT 1",
                                       {request.id.value})
                                   .empty();
        if (!has_rows && steered.batch_config.empty()) {
            refuse(release::code::wrong_state, "limit is refused: the release is " +
                                                   std::string(to_text(steered.state.status)) +
                                                   " and has no node rows yet");
        }
        const auto merged = merge_batch_config(steered.batch_config, request.change);
        if (!merged) throw Refused{merged.error()};
        connection.execute("UPDATE release_tasks SET batch_config = ?, updated_at = " +
                               connection.dialect().now() + " WHERE id = ?",
                           {*merged, request.id.value});
        Detail detail;
        note_limit(detail, "max_parallel", request.change.max_parallel);
        note_limit(detail, "max_parallel_per", request.change.max_parallel_per);
        release::wire::Json audited = release::wire::Json::object();
        for (const auto& [name, value] : detail)
            audited[name] = audit_text(value);
        record(connection, request, "limits_changed", std::move(detail));
        audit_release(connection, request, to_text(Steering::limit), std::move(audited));
        transaction.commit();
    }
    return read_release_view(connection, request.id).summary;
}

}  // namespace edgeroll::control
