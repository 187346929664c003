#include "control/store/history.hpp"

#include <algorithm>

#include "control/store/column_text.hpp"
#include "control/store/rows_per_statement.hpp"
#include "control/store/sql_parts.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t kind_bytes_max = 64;

}  // namespace

std::string detail_text(const Detail& detail) {
    release::wire::Json object = release::wire::Json::object();
    for (const auto& [name, value] : detail)
        object[name] = value;
    return release::wire::dump_json(object);
}

void add_history(Connection& connection, release::ReleaseId id, const std::string& actor,
                 const std::vector<release::HistoryRow>& rows) {
    for (std::size_t begin = 0; begin < rows.size(); begin += rows_per_statement) {
        const std::size_t end = std::min(begin + rows_per_statement, rows.size());
        std::string sql =
            "INSERT INTO release_events (release_task_id, node_id, actor, kind, detail) VALUES ";
        Values values;
        for (std::size_t i = begin; i < end; ++i) {
            const release::HistoryRow& row = rows[i];
            sql += i == begin ? "(?, ?, ?, ?, ?)" : ", (?, ?, ?, ?, ?)";
            values.emplace_back(id.value);
            values.push_back(row.node ? Value{row.node->value} : Value{});
            values.emplace_back(fitted(actor, word_bytes_max));
            values.emplace_back(fitted(row.kind, kind_bytes_max));
            values.emplace_back(detail_text(row.detail));
        }
        connection.execute(sql, values);
    }
}

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
    const std::int64_t skipped =
        connection.execute("UPDATE release_task_nodes SET status = '" + status +
                               "', error_msg = ?, finished_at = " + now + ", updated_at = " + now +
                               " WHERE release_task_id = ? AND " + is_pending_row(),
                           {text, id.value});
    return recorded == skipped;
}

}  // namespace edgeroll::control
