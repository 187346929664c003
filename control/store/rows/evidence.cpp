#include "control/store/rows/evidence.hpp"

#include "control/store/rows/column_text.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t gate_bytes_max = 32;
constexpr std::size_t summary_bytes_max = 500;

// A part of JSON is none: a detail that is too long is left out.
Value detail_value(const std::string& detail) {
    if (detail.empty() || detail.size() > release::evidence_detail_bytes_max) return {};
    return detail;
}

}  // namespace

void add_evidence(Connection& connection, release::ReleaseId id,
                  const std::vector<release::Evidence>& rows) {
    for (const release::Evidence& row : rows) {
        connection.execute(
            "INSERT INTO release_evidence (release_task_id, order_id, batch, gate, verdict, "
            "is_decisive, rule, summary, detail) SELECT id, order_id, ?, ?, ?, ?, ?, ?, ? FROM "
            "release_tasks "
            "WHERE id = ?",
            {std::int64_t{row.batch}, fitted(row.gate, gate_bytes_max),
             std::string(to_text(row.verdict)), std::int64_t{row.is_decisive ? 1 : 0},
             fitted(row.rule, summary_bytes_max), fitted(row.summary, summary_bytes_max),
             detail_value(row.detail), id.value});
    }
}

}  // namespace edgeroll::control
