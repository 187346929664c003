// Opens the database: URL, schema check or migration, both stores over the same threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/api/ports/api_store.hpp"
#include "control/core/callbacks.hpp"
#include "control/core/heartbeats.hpp"
#include "control/core/ports.hpp"
#include "control/core/reconciler.hpp"
#include "control/secrets/secret_keys.hpp"
#include "control/store/audit/audit_chain.hpp"
#include "control/store/db/connection.hpp"
#include "release/wire/call_rules.hpp"
#include "tls/rt/secret_file.hpp"

namespace edgeroll::control {

struct StoreOptions {
    std::string url;               ///< DATABASE_URL or MYSQL_DSN (docs/contract.md section 2)
    bool is_dsn = false;           ///< the text is a MYSQL_DSN
    std::optional<bool> migrates;  ///< MIGRATE; absent: yes for sqlite, no for mysql
    std::string owner;             ///< claimed_by, e.g. host:pid:start
    release::Millis lease{15'000};
    release::wire::CallRules gate_rules{};  ///< GATE_ALLOW, GATE_TOKENS_DIR
    /// From AUDIT_KEY_FILE; nothing: rows of the audit log are unsigned.
    std::shared_ptr<const AuditKeys> audit_keys{};
    /// From SECRETS_KEY_FILE; nothing: contents with secret files are refused.
    std::shared_ptr<const SecretKeyring> secrets{};
    rt::LooseFiles loose_files = rt::LooseFiles::refused;  ///< ALLOW_LOOSE_FILES
    int threads = 4;  ///< one connection each (SQLite: one writer is enough)
};

class Database {
  public:
    virtual ~Database() = default;  ///< joins the threads
    virtual Store& store() = 0;
    virtual ApiStore& api() = 0;
    virtual CallbackStore& callbacks() = 0;
    virtual ReconcileStore& reconciliation() = 0;
    virtual FleetStore& fleet() = 0;
    /// Protection of the first connection.
    [[nodiscard]] virtual const Protection& protection() const = 0;
};

/// Opens and checks the database (blocking; called once from main, before the loop runs). `clock`
/// gives Claim::good_until. Errors: one line with the fault and the remedy, never with the
/// password: a malformed URL, an unreachable server, an old schema ("schema is at 1, this program
/// needs 3: run edgeroll-control migrate"), tables that lack something this program uses.
[[nodiscard]] release::Result<std::unique_ptr<Database>> open_database(Clock& clock,
                                                                       StoreOptions options);

/// Migrates the schema. Returns the versions applied, in order. Blocking.
[[nodiscard]] release::Result<std::vector<int>> migrate_database(const StoreOptions& options);

/// Hosts of other machines that are reached unencrypted because the setting says so (`tls=off`).
[[nodiscard]] std::vector<std::string> hosts_in_clear(const StoreOptions& options);

/// The URL without its password, for logs and `check`.
[[nodiscard]] std::string redacted(const std::string& url);

}  // namespace edgeroll::control
