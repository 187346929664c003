#include "control/store/api/events.hpp"

#include <string>
#include <utility>

#include "control/store/rows/columns.hpp"

namespace edgeroll::control {
namespace {

Columns<EventView> event_columns(const Dialect& dialect) {
    return {
        {"id", into<&EventView::id>},
        {"node_id", into<&EventView::node>},
        {dialect.rfc3339("at"), into<&EventView::at>},
        {"actor", into<&EventView::actor>},
        {"kind", into<&EventView::kind>},
        {"detail", into<&EventView::detail>},
    };
}

}  // namespace

EventPage read_events(Connection& connection, release::ReleaseId id, std::int64_t after, int page,
                      int page_size) {
    if (after < 0 || page < 1 || page_size < 1 || page_size > event_page_size_max) {
        refuse(release::code::invalid,
               "after must be at least 0, page at least 1 and pageSize 1 to " +
                   std::to_string(event_page_size_max));
    }
    Transaction transaction(connection, Transaction::Kind::read);
    const Rows found =
        connection.query("SELECT status FROM release_tasks WHERE id = ?", {id.value});
    if (found.empty()) {
        refuse(release::code::not_found, "there is no release " + std::to_string(id.value));
    }
    EventPage answer;
    answer.status = release::from_text<release::ReleaseStatus>(found[0].text(0))
                        .value_or(release::ReleaseStatus::running);
    answer.last_id =
        connection.query("SELECT MAX(id) FROM release_events WHERE release_task_id = ?", {id.value})
            .at(0)
            .integer_or(0, 0);
    const std::string where = "FROM release_events WHERE release_task_id = ? AND id > ?";
    answer.total =
        connection.query("SELECT COUNT(*) " + where, {id.value, after}).at(0).integer_or(0, 0);
    answer.items = select_rows(
        connection, event_columns(connection.dialect()), where + " ORDER BY id LIMIT ? OFFSET ?",
        {id.value, after, std::int64_t{page_size}, std::int64_t{page - 1} * page_size});
    transaction.commit();
    return answer;
}

}  // namespace edgeroll::control
