#include "control/store/audit_verify.hpp"

#include <limits>
#include <string>
#include <utility>

#include "control/store/audit/audit_head.hpp"
#include "control/store/db/mysql_connection.hpp"
#include "control/store/db/schema.hpp"
#include "control/store/db/sqlite_connection.hpp"
#include "control/store/db/threads.hpp"
#include "control/store/setting.hpp"

namespace edgeroll::control {
namespace {

constexpr std::int64_t rows_per_read = 500;

AuditRow row_of(const Row& columns) {
    AuditRow row;
    row.id = columns.integer_or(0, 0);
    row.at = columns.text(1);
    row.actor = columns.text(2);
    row.remote = columns.text(3);
    row.action = columns.text(4);
    row.object = columns.text(5);
    row.detail = columns.text(6);
    row.prev_hash = columns.text(7);
    row.hash = columns.text(8);
    return row;
}

bool has_null(const Row& columns) {
    for (std::size_t i = 0; i < 9; ++i) {
        if (columns.is_null(i)) return true;
    }
    return false;
}

}  // namespace

AuditReport verify_audit(Connection& connection, const AuditKeys* keys,
                         std::vector<AuditHead> kept) {
    AuditWalk walk(keys, std::move(kept));
    Transaction transaction(connection, Transaction::Kind::read);
    const auto head = read_audit_head(connection);
    std::int64_t next = std::numeric_limits<std::int64_t>::min();
    while (true) {
        const Rows rows = connection.query(
            "SELECT id, " + connection.dialect().time_text("at") +
                ", actor, remote, action, object, detail, prev_hash, hash FROM audit_log WHERE id "
                ">= ? ORDER BY id LIMIT ?",
            {next, rows_per_read});
        for (const Row& columns : rows)
            walk.add(row_of(columns), has_null(columns));
        if (static_cast<std::int64_t>(rows.size()) < rows_per_read) break;
        const std::int64_t last = rows.back().integer_or(0, 0);
        if (last == std::numeric_limits<std::int64_t>::max()) break;
        next = last + 1;
    }
    transaction.commit();
    return walk.finish(head);
}

release::Result<AuditReport> verify_audit(const StoreOptions& options,
                                          std::vector<AuditHead> kept) {
    const auto url = read_database_setting(options);
    if (!url) return tl::unexpected(url.error());
    Connector connector = [url] { return connect_sqlite_to_look(url->path); };
    if (url->backend == Backend::mysql) {
        load_mysql_driver();
        connector = [url] { return connect_mysql(*url); };
    }
    ConnectionSlot slot(connector);
    auto work = [&](Connection& connection) {
        if (const std::string complaint = schema_complaint(connection); !complaint.empty()) {
            throw DbFailure(complaint, release::Outcome::permanent);
        }
        return verify_audit(connection, options.audit_keys.get(), kept);
    };
    auto report = run_job(slot, Access::read, work);
    if (report) return report;
    report.error().message = describe(*url) + ": " + report.error().message;
    return report;
}

}  // namespace edgeroll::control
