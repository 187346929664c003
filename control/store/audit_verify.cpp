#include "control/store/audit_verify.hpp"

#include <limits>
#include <string>
#include <utility>

#include "control/store/audit/audit_head.hpp"
#include "control/store/db/mysql_connection.hpp"
#include "control/store/db/schema.hpp"
#include "control/store/db/sqlite_connection.hpp"
#include "control/store/db/threads.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/setting.hpp"

namespace edgeroll::control {
namespace {

constexpr std::int64_t rows_per_read = 500;

/// A row as it is stored.
struct WrittenRow {
    AuditRow row;
    bool has_null = false;
};

template <auto member>
void written_into(WrittenRow& to, const Field& field) {
    to.has_null = to.has_null || field.is_null();
    into<&WrittenRow::row, member>(to, field);
}

Columns<WrittenRow> written_columns(const Dialect& dialect) {
    return {
        {"id", written_into<&AuditRow::id>},
        {dialect.time_text("at"), written_into<&AuditRow::at>},
        {"actor", written_into<&AuditRow::actor>},
        {"remote", written_into<&AuditRow::remote>},
        {"action", written_into<&AuditRow::action>},
        {"object", written_into<&AuditRow::object>},
        {"detail", written_into<&AuditRow::detail>},
        {"prev_hash", written_into<&AuditRow::prev_hash>},
        {"hash", written_into<&AuditRow::hash>},
    };
}

}  // namespace

AuditReport verify_audit(Connection& connection, const AuditKeys* keys,
                         std::vector<AuditHead> kept) {
    AuditWalk walk(keys, std::move(kept));
    Transaction transaction(connection, Transaction::Kind::read);
    const auto head = read_audit_head(connection);
    std::int64_t next = std::numeric_limits<std::int64_t>::min();
    while (true) {
        const std::vector<WrittenRow> rows =
            select_rows(connection, written_columns(connection.dialect()),
                        "FROM audit_log WHERE id >= ? ORDER BY id LIMIT ?", {next, rows_per_read});
        for (const WrittenRow& written : rows)
            walk.add(written.row, written.has_null);
        if (static_cast<std::int64_t>(rows.size()) < rows_per_read) break;
        const std::int64_t last = rows.back().row.id;
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
