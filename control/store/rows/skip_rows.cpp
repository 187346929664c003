#include "control/store/rows/skip_rows.hpp"

#include "control/store/rows/column_text.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {

bool skip_pending_rows(Connection& connection, release::ReleaseId id, const std::string& actor,
                       const release::SkipPending& skip) {
    const std::string now = connection.dialect().now();
    const std::string text = fitted(skip.reason);
    const std::string status = skip.is_deferral ? "deferred" : "skipped";
    const std::int64_t recorded = connection.execute(
        "INSERT INTO release_events (release_task_id, node_id, actor, kind, detail) "
        "SELECT release_task_id, node_id, ?, 'node_" +
            status +
            "', ? FROM release_task_nodes "
            "WHERE release_task_id = ? AND " +
            is_pending_row() + " ORDER BY batch, node_id",
        {fitted(actor, word_bytes_max), detail_text({{"reason", text}}), id.value});
    const std::int64_t skipped = connection.execute(
        "UPDATE release_task_nodes SET status = '" + status +
            "', reason_kind = ?, error_msg = ?, finished_at = " + now + ", updated_at = " + now +
            " WHERE release_task_id = ? AND " + is_pending_row(),
        {null_if_empty(std::string(to_text(skip.kind))), text, id.value});
    return recorded == skipped;
}

}  // namespace edgeroll::control
