#include "control/store/api/steer.hpp"

#include <string>
#include <utility>

#include "control/store/api/releases.hpp"
#include "control/store/audit/audit_log.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/steering/retry.hpp"
#include "control/store/steering/steered.hpp"

namespace edgeroll::control {
namespace {

using release::Ruling;
using release::Steering;

/// New value of requested_action; NULL where the opposite request is withdrawn.
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

Retried retry_release(Connection& connection, const RetryRequest& request) {
    Retried retried;
    retried.nodes = retry_nodes(connection, request);
    retried.view = read_release_view(connection, request.id);
    return retried;
}

ReleaseSummary limit_release(Connection& connection, const LimitRequest& request) {
    {
        Transaction transaction(connection, Transaction::Kind::write);
        lock_release(connection, request.id);
        const Steered steered = read_steered(connection, request.id);
        allowed_or_refused(Steering::limit, steered);
        // Without rows, a batch_config would turn the release into a release planned by edgeroll.
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
