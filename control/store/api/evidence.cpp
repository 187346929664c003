#include "control/store/api/evidence.hpp"

#include <string>

#include "control/store/api/page_size.hpp"
#include "control/store/rows/columns.hpp"

namespace edgeroll::control {
namespace {

Columns<EvidenceView> evidence_columns(const Dialect& dialect) {
    return {
        {"id", into<&EvidenceView::id>},
        {"batch", into<&EvidenceView::batch>},
        {dialect.rfc3339("at"), into<&EvidenceView::at>},
        {"gate", into<&EvidenceView::gate>},
        {"verdict", into<&EvidenceView::verdict>},
        {"is_decisive", into<&EvidenceView::is_decisive>},
        {"rule", into<&EvidenceView::rule>},
        {"summary", into<&EvidenceView::summary>},
        {"detail", into<&EvidenceView::detail>},
    };
}

std::string wanted_evidence(const EvidenceFilter& filter, const std::string& order_id,
                            Values& values) {
    std::string where = "FROM release_evidence WHERE release_task_id = ? AND order_id = ?";
    values = {filter.id.value, order_id};
    if (filter.batch) {
        where += " AND batch = ?";
        values.emplace_back(std::int64_t{*filter.batch});
    }
    if (!filter.gate.empty()) {
        where += " AND gate = ?";
        values.emplace_back(filter.gate);
    }
    return where;
}

}  // namespace

EvidencePage list_evidence(Connection& connection, const EvidenceFilter& filter) {
    if (filter.page < 1 || filter.page_size < 1 || filter.page_size > page_size_max) {
        refuse(release::code::invalid, "page must be at least 1 and pageSize 1 to 100");
    }
    Transaction transaction(connection, Transaction::Kind::read);
    const Rows found =
        connection.query("SELECT order_id FROM release_tasks WHERE id = ?", {filter.id.value});
    if (found.empty()) {
        refuse(release::code::not_found, "there is no release " + std::to_string(filter.id.value));
    }
    EvidencePage page;
    // Without an order the release was never claimed, or by an older process, which keeps none.
    if (found[0].is_null(0)) return page;
    Values values;
    const std::string where = wanted_evidence(filter, found[0].text(0), values);
    page.total = connection.query("SELECT COUNT(*) " + where, values).at(0).integer_or(0, 0);
    values.emplace_back(std::int64_t{filter.page_size});
    values.emplace_back(std::int64_t{filter.page - 1} * filter.page_size);
    page.items = select_rows(connection, evidence_columns(connection.dialect()),
                             where + " ORDER BY id LIMIT ? OFFSET ?", values);
    transaction.commit();
    return page;
}

}  // namespace edgeroll::control
