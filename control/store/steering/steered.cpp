#include "control/store/steering/steered.hpp"

#include <utility>

#include "control/store/audit/audit_log.hpp"
#include "control/store/rows/locked.hpp"
#include "control/store/rows/provenance.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "release/text/digits.hpp"

namespace edgeroll::control {
namespace {

using release::Ruling;
using release::Steering;

[[noreturn]] void refuse_unknown(release::ReleaseId id) {
    refuse(release::code::not_found, "there is no release " + std::to_string(id.value));
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

}  // namespace edgeroll::control
