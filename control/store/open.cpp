#include "control/store/open.hpp"

#include <utility>

#include "control/store/api/database.hpp"
#include "control/store/audit/audit_log.hpp"
#include "control/store/db/schema.hpp"
#include "control/store/db/sqlite_connection.hpp"
#include "control/store/db/sqlite_file.hpp"
#include "control/store/db/threads.hpp"
#include "control/store/db/url.hpp"
#include "control/store/engine/callback_queries.hpp"
#include "control/store/engine/fleet_store.hpp"
#include "control/store/engine/reconcile_store.hpp"
#include "control/store/engine/release_store.hpp"
#include "control/store/setting.hpp"

namespace edgeroll::control {
namespace {

/// Prefixes every message with the database that it is about.
release::Error about(const DatabaseUrl& url, release::Error error) {
    error.message = describe(url) + ": " + error.message;
    return error;
}

release::Result<std::vector<int>> migrate_now(const DatabaseUrl& url) {
    const Connector connector = connector_for(url, SessionUse::migrate);
    ConnectionSlot slot(connector);
    auto work = [](Connection& connection) { return migrate(connection); };
    return run_job(slot, Access::write, work);
}

class OpenDatabase final : public Database {
  public:
    OpenDatabase(Connector connector, Clock& clock, const StoreOptions& options,
                 Protection protection)
        : protection_(std::move(protection)),
          threads_(std::move(connector), options.threads),
          store_(make_release_store(threads_, clock, options.owner, options.lease,
                                    options.gate_rules, options.secrets)),
          api_(make_api_store(threads_, options.gate_rules, options.audit_keys, options.secrets)),
          callbacks_(make_callback_store(threads_, options.owner)),
          reconciliation_(make_reconcile_store(threads_, options.secrets)),
          fleet_(make_fleet_store(threads_)) {}

    Store& store() override { return *store_; }
    ApiStore& api() override { return *api_; }
    CallbackStore& callbacks() override { return *callbacks_; }
    ReconcileStore& reconciliation() override { return *reconciliation_; }
    FleetStore& fleet() override { return *fleet_; }
    const Protection& protection() const override { return protection_; }

  private:
    Protection protection_;
    DbThreads threads_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<ApiStore> api_;
    std::unique_ptr<CallbackStore> callbacks_;
    std::unique_ptr<ReconcileStore> reconciliation_;
    std::unique_ptr<FleetStore> fleet_;
};

}  // namespace

release::Result<std::unique_ptr<Database>> open_database(Clock& clock, StoreOptions options) {
    const auto url = read_database_setting(options);
    if (!url) return tl::unexpected(url.error());
    if (url->backend == Backend::sqlite) make_database_file(url->path);
    if (options.migrates.value_or(url->backend == Backend::sqlite)) {
        auto applied = migrate_now(*url);
        if (!applied) return tl::unexpected(about(*url, std::move(applied.error())));
    }
    const Connector connector = connector_for(*url, SessionUse::serve);
    ConnectionSlot slot(connector);
    auto work = [](Connection& connection) { return schema_complaint(connection); };
    auto complaint = run_job(slot, Access::read, work);
    if (complaint && complaint->empty()) {
        auto open = [&](Connection& connection) {
            return open_audit(connection, options.audit_keys);
        };
        complaint = run_job(slot, Access::write, open);
    }
    if (!complaint) return tl::unexpected(about(*url, std::move(complaint.error())));
    if (!complaint->empty()) {
        release::Error error;
        error.message = *complaint;
        error.code = release::code::database;
        return tl::unexpected(about(*url, std::move(error)));
    }
    if (url->backend == Backend::sqlite) close_to_others(url->path);
    return std::make_unique<OpenDatabase>(connector, clock, options, slot.get().protection());
}

release::Result<std::vector<int>> migrate_database(const StoreOptions& options) {
    const auto url = read_database_setting(options);
    if (!url) return tl::unexpected(url.error());
    if (url->backend == Backend::sqlite) make_database_file(url->path);
    auto applied = migrate_now(*url);
    if (!applied) return tl::unexpected(about(*url, std::move(applied.error())));
    if (url->backend == Backend::sqlite) close_to_others(url->path);
    return applied;
}

std::vector<std::string> hosts_in_clear(const StoreOptions& options) {
    const auto url =
        options.is_dsn ? parse_mysql_dsn(options.url) : parse_database_url(options.url);
    return url ? hosts_in_clear(*url) : std::vector<std::string>();
}

std::string redacted(const std::string& url) {
    auto parsed_url = parse_database_url(url);
    if (!parsed_url) parsed_url = parse_mysql_dsn(url);
    return parsed_url ? describe(*parsed_url) : "(not a database URL)";
}

}  // namespace edgeroll::control
