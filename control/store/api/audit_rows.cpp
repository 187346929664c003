#include "control/store/api/audit_rows.hpp"

#include <string>

#include "control/store/api/database_time.hpp"
#include "control/store/api/page_size.hpp"
#include "control/store/audit/audit_log.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"

namespace edgeroll::control {
namespace {

AuditDeed deed_of(const AuditNote& note) {
    AuditDeed deed;
    deed.action = note.action;
    for (const auto& [name, word] : note.words)
        deed.detail[name] = audit_text(word);
    for (const auto& [name, number] : note.numbers)
        deed.detail[name] = number;
    return deed;
}

bool is_noted_already(Connection& connection, const AuditNote& note, const AuditDeed& deed) {
    if (note.key_word.empty()) return false;
    const Rows last = connection.query(
        "SELECT detail FROM audit_log WHERE action = ? ORDER BY id DESC LIMIT 1", {note.action});
    if (last.empty()) return false;
    const auto detail = release::wire::parse_json(last[0].text(0), text_bytes_max);
    return detail && detail->is_object() && detail->contains(note.key_word) &&
           detail->at(note.key_word) == deed.detail.at(note.key_word);
}

Columns<AuditView> audit_columns(const Dialect& dialect) {
    return {
        {"id", into<&AuditView::id>},         {dialect.rfc3339("at"), into<&AuditView::at>},
        {"actor", into<&AuditView::actor>},   {"remote", into<&AuditView::remote>},
        {"action", into<&AuditView::action>}, {"object", into<&AuditView::object>},
        {"detail", into<&AuditView::detail>}, {"prev_hash", into<&AuditView::prev_hash>},
        {"hash", into<&AuditView::hash>},
    };
}

std::string where_clause(const AuditFilter& filter, Values& values) {
    std::string where = " WHERE 1 = 1";
    const auto add = [&](const char* column, const std::string& value) {
        if (value.empty()) return;
        where += std::string(" AND ") + column + " = ?";
        values.emplace_back(fitted(value, word_bytes_max));
    };
    add("actor", filter.actor);
    add("action", filter.action);
    add("object", filter.object);
    if (filter.since.empty()) return where;
    const auto since = database_time(filter.since);
    if (!since) refuse(release::code::invalid, "parameter 'since' " + since.error().message);
    where += " AND at >= ?";
    values.emplace_back(*since);
    return where;
}

}  // namespace

void write_notes(Connection& connection, const std::vector<AuditNote>& notes) {
    Transaction transaction(connection, Transaction::Kind::write);
    for (const AuditNote& note : notes) {
        const AuditDeed deed = deed_of(note);
        if (!is_noted_already(connection, note, deed)) append_audit(connection, note.by, deed);
    }
    transaction.commit();
}

AuditPage list_audit(Connection& connection, const AuditFilter& filter) {
    if (filter.page < 1 || filter.page_size < 1 || filter.page_size > page_size_max) {
        refuse(release::code::invalid, "page must be at least 1 and pageSize 1 to 100");
    }
    Values values;
    const std::string where = where_clause(filter, values);
    Transaction transaction(connection, Transaction::Kind::read);
    AuditPage page;
    page.total =
        connection.query("SELECT COUNT(*) FROM audit_log" + where, values).at(0).integer_or(0, 0);
    values.emplace_back(std::int64_t{filter.page_size});
    values.emplace_back(std::int64_t{filter.page - 1} * filter.page_size);
    page.items =
        select_rows(connection, audit_columns(connection.dialect()),
                    "FROM audit_log" + where + " ORDER BY id DESC LIMIT ? OFFSET ?", values);
    transaction.commit();
    return page;
}

}  // namespace edgeroll::control
