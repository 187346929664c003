#include "control/store/rows/history.hpp"

#include <algorithm>

#include "control/store/rows/column_text.hpp"
#include "control/store/rows/rows_per_statement.hpp"
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

}  // namespace edgeroll::control
