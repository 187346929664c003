#include "control/store/steering/steered.hpp"

#include <utility>

#include "control/store/audit/audit_log.hpp"
#include "control/store/rows/columns.hpp"
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

Columns<Steered> steered_columns() {
    using release::SteeringState;
    constexpr auto state = &Steered::state;
    return {
        {effective_status(),
         word_into<release::ReleaseStatus::running, state, &SteeringState::status>},
        {"batch_status",
         word_into<release::BatchStatus::none, state, &SteeringState::batch_status>},
        {effective_action(), word_into<release::Action::none, state, &SteeringState::requested>},
        {"hold", word_into<release::Hold::review, state, &SteeringState::hold>},
        {"current_batch", into<state, &SteeringState::current_batch>},
        {"total_batches", into<state, &SteeringState::total_batches>},
        {"type", word_into<release::TaskType::apply_config, state, &SteeringState::type>},
        {"content_sha256",
         [](Steered& steered, const Field& field) {
             steered.content_sha256 = release::lower_hex(field.text());
             steered.state.is_reload_only = steered.content_sha256 == release::reload_only_mark;
         }},
        {"version", into<&Steered::version>},
        {"forced", into<&Steered::is_forced>},
        {"batch_config", into<&Steered::batch_config>},
        {"(SELECT COUNT(*) FROM release_task_nodes WHERE release_task_id = release_tasks.id AND "
         "release_task_nodes.status = 'deferred' AND release_task_nodes.batch <> 0)",
         into<state, &SteeringState::deferred_nodes>},
        {"(SELECT MIN(other.id) FROM release_tasks other WHERE other.rolls_back = release_tasks.id "
         "AND " +
             has_own_rollback("other.") + ")",
         into<state, &SteeringState::rolled_back_by>},
        {"CASE WHEN " + has_own_rollback("release_tasks.") + " THEN rolls_back END",
         presence_into<state, &SteeringState::is_rollback>},
        {"finished_at", presence_into<&Steered::has_end>},
        {"aborted_at", presence_into<state, &SteeringState::is_aborted>},
        {"waived_failures", into<&Steered::waived_failures>},
    };
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
    auto steered =
        select_row(connection, steered_columns(), "FROM release_tasks WHERE id = ?", {id.value});
    if (!steered) refuse_unknown(id);
    return std::move(*steered);
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
