#include "control/store/api/create_replay.hpp"

#include <cstdint>
#include <sstream>
#include <string>

#include "control/store/rows/column_text.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {
namespace {

/// Read from the history of the creation.
std::vector<release::ReleaseId> superseded_by(Connection& connection, release::ReleaseId id) {
    std::vector<release::ReleaseId> earlier;
    const Rows rows = connection.query(
        "SELECT detail FROM release_events WHERE release_task_id = ? AND kind = 'release_created' "
        "ORDER BY id LIMIT 1",
        {id.value});
    if (rows.empty()) return earlier;
    const auto detail = release::wire::parse_json(rows[0].text(0), text_bytes_max * 2);
    if (!detail) return earlier;
    const auto list = release::wire::optional_text(*detail, "supersedes");
    std::istringstream words(list ? list->value_or("") : "");
    for (std::int64_t number = 0; words >> number;)
        earlier.push_back(release::ReleaseId{number});
    return earlier;
}

}  // namespace

std::optional<CreatedRelease> answered_before(Connection& connection, const NewRelease& request) {
    if (request.idempotency_key.empty()) return std::nullopt;
    const Rows keys = connection.query(
        "SELECT request_sha256, release_task_id FROM idempotency_keys WHERE client = ? AND "
        "idempotency_key = ?",
        {request.created_by, request.idempotency_key});
    if (keys.empty()) return std::nullopt;
    if (keys[0].text(0) != request.request_sha256) {
        refuse(release::code::wrong_state,
               "this Idempotency-Key was used for another request: use a new key");
    }
    CreatedRelease created;
    created.id = release::ReleaseId{keys[0].integer_or(1, 0)};
    const Rows found = connection.query(
        "SELECT version, plan_sha256 FROM release_tasks WHERE id = ?", {created.id.value});
    if (found.empty()) {
        refuse(release::code::not_found, "the release made with this Idempotency-Key was deleted");
    }
    created.version = release::Version{found[0].integer_or(0, 0)};
    created.plan_sha256 = found[0].text(1);
    for (const Row& row :
         connection.query("SELECT node_id, batch FROM release_task_nodes WHERE release_task_id = ? "
                          "ORDER BY batch, node_id",
                          {created.id.value})) {
        release::PlannedNode node;
        node.node = release::NodeId{row.integer_or(0, 0)};
        node.batch = row.small(1);
        created.plan.push_back(node);
    }
    created.superseded = superseded_by(connection, created.id);
    return created;
}

void remember_answer(Connection& connection, const NewRelease& request,
                     const CreatedRelease& created) {
    if (request.idempotency_key.empty()) return;
    connection.execute(
        "INSERT INTO idempotency_keys (client, idempotency_key, request_sha256, release_task_id) "
        "VALUES (?, ?, ?, ?)",
        {request.created_by, request.idempotency_key, request.request_sha256, created.id.value});
}

}  // namespace edgeroll::control
