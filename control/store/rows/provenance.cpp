#include "control/store/rows/provenance.hpp"

#include "control/store/rows/column_text.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {
namespace {

/// Number of rows at the start of the history of a release made by edgeroll.
constexpr int first_rows = 2;

bool has_event(Connection& connection, release::ReleaseId id, const std::string& kinds) {
    return !connection
                .query("SELECT 1 FROM release_events WHERE release_task_id = ? AND kind IN (" +
                           kinds + ") LIMIT 1",
                       {id.value})
                .empty();
}

}  // namespace

bool is_own_rollback(Connection& connection, release::ReleaseId id, release::Version version,
                     release::ReleaseId undone) {
    const Rows rows = connection.query(
        "SELECT kind, detail FROM release_events WHERE release_task_id = ? ORDER BY id LIMIT " +
            std::to_string(first_rows),
        {id.value});
    for (const Row& row : rows) {
        if (row.text(0) != "release_created") continue;
        const auto detail = release::wire::parse_json(row.text(1), 2 * text_bytes_max);
        if (!detail || !detail->is_object()) continue;
        const auto says = [&](const char* field, std::int64_t number) {
            const auto text = release::wire::optional_text(*detail, field);
            return text && text->value_or("") == std::to_string(number);
        };
        if (says("rolls_back", undone.value) && says("version", version.value)) return true;
    }
    return false;
}

std::string has_own_rollback(const std::string& table) {
    // Counted, since MariaDB would turn an EXISTS into a scan of the whole history. A quotation
    // mark inside a reason is preceded by a backslash.
    return "(" + table +
           "rolls_back IS NOT NULL AND (SELECT COUNT(*) FROM release_events made WHERE "
           "made.release_task_id = " +
           table +
           "id AND made.kind = 'release_created' AND made.detail LIKE '%\"rolls_back\":%') > 0)";
}

bool is_own_plan(Connection& connection, release::ReleaseId id) {
    return has_event(connection, id, "'release_created', 'planned'");
}

bool was_retried(Connection& connection, release::ReleaseId id) {
    return has_event(connection, id, "'retry_requested'");
}

}  // namespace edgeroll::control
