#include "control/store/api/reconciliation.hpp"

#include <string>
#include <utility>

#include "control/store/audit/audit_log.hpp"
#include "control/store/fleet/owed.hpp"
#include "control/store/fleet/reconcile.hpp"
#include "control/store/rows/columns.hpp"

namespace edgeroll::control {
namespace {

constexpr int recent_max = 20;

std::vector<ReconcileView> read_views(Connection& connection, const std::string& which) {
    const Dialect& dialect = connection.dialect();
    const Columns<ReconcileView> columns{
        {"k.release_task_id", into<&ReconcileView::release>},
        {"k.node_id", into<&ReconcileView::node>},
        {"n.name", into<&ReconcileView::name>},
        {"k.cause", into<&ReconcileView::cause>},
        {dialect.rfc3339("k.taken_at"), into<&ReconcileView::taken_at>},
        {dialect.rfc3339("k.ended_at"), into<&ReconcileView::ended_at>},
        {"k.outcome", into<&ReconcileView::outcome>},
        {"k.error_msg", into<&ReconcileView::error>},
        {"k.continued_at", presence_into<&ReconcileView::is_continued>},
    };
    return select_rows(
        connection, columns,
        "FROM reconcile_nodes k LEFT JOIN nodes n ON n.id = k.node_id WHERE " + which);
}

}  // namespace

ReconciliationView read_reconciliation(Connection& connection, TemplateBook& templates) {
    Transaction transaction(connection, Transaction::Kind::read);
    ReconciliationView view;
    OwedNodes owed = find_owed(connection, templates, std::nullopt, std::nullopt);
    view.pace = owed.pace;
    view.releases = std::move(owed.releases);
    view.open = read_views(connection, "k.ended_at IS NULL ORDER BY k.id");
    view.recent =
        read_views(connection, "k.ended_at IS NOT NULL ORDER BY k.ended_at DESC, k.id DESC LIMIT " +
                                   std::to_string(recent_max));
    transaction.commit();
    return view;
}

int forgive(Connection& connection, const ContinueRequest& request) {
    Transaction transaction(connection, Transaction::Kind::write);
    const int forgiven = forgive_failures(connection);
    if (forgiven == 0) return 0;
    AuditDeed deed;
    deed.action = "reconciliation.continue";
    deed.object = "reconciliation";
    deed.detail = release::wire::Json::object();
    deed.detail["failures"] = forgiven;
    if (!request.reason.empty()) deed.detail["reason"] = audit_text(request.reason);
    append_audit(connection, request.by, deed);
    transaction.commit();
    return forgiven;
}

}  // namespace edgeroll::control
