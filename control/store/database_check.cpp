#include "control/store/database_check.hpp"

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "control/store/audit/audit_log.hpp"
#include "control/store/db/mysql_connection.hpp"
#include "control/store/db/schema.hpp"
#include "control/store/db/sqlite_connection.hpp"
#include "control/store/db/threads.hpp"
#include "control/store/db/url.hpp"
#include "control/store/setting.hpp"

namespace edgeroll::control {
namespace {

namespace fs = std::filesystem;
using release::Result;

release::Error trouble(const DatabaseUrl& url, const std::string& what) {
    release::Error error;
    error.message = describe(url) + ": " + what;
    error.code = release::code::database;
    return error;
}

/// Why the file of an SQLite database cannot be created; empty: it can.
std::string why_not_to_be_made(const fs::path& file) {
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    std::error_code ec;
    const std::string name = "the folder '" + folder.string() + "' ";
    if (!fs::is_directory(folder, ec)) return name + "does not exist, make it first";
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        return name + "is not writable: this user must be able to write the file and its folder";
    }
    return {};
}

Result<std::string> complaint_of(const DatabaseUrl& url, const AuditKeys* keys,
                                 Protection& protection) {
    Connector connector = [url] { return connect_sqlite_to_look(url.path); };
    if (url.backend == Backend::mysql) {
        load_mysql_driver();
        connector = [url] { return connect_mysql(url); };
    }
    ConnectionSlot slot(connector);
    auto work = [&](Connection& connection) {
        protection = connection.protection();
        std::string complaint = schema_complaint(connection);
        return complaint.empty() ? audit_complaint(connection, keys) : complaint;
    };
    return run_job(slot, Access::read, work);
}

}  // namespace

Result<DatabaseCheck> check_database(const StoreOptions& options) {
    const auto url = read_database_setting(options);
    if (!url) return tl::unexpected(url.error());
    const bool is_sqlite = url->backend == Backend::sqlite;
    const bool migrates = options.migrates.value_or(is_sqlite);
    DatabaseCheck check;
    std::error_code ec;
    if (is_sqlite && !fs::exists(url->path, ec)) {
        if (const std::string why = why_not_to_be_made(url->path); !why.empty()) {
            return tl::unexpected(
                trouble(*url, "cannot open the SQLite database '" + url->path + "': " + why));
        }
        if (!migrates) {
            return tl::unexpected(trouble(
                *url, "'" + url->path +
                          "' does not exist: run edgeroll-control migrate, or set MIGRATE=1"));
        }
        check.file_to_come = url->path;
        return check;
    }
    auto complaint = complaint_of(*url, options.audit_keys.get(), check.protection);
    if (!complaint) return tl::unexpected(trouble(*url, complaint.error().message));
    if (complaint->empty()) return check;
    // `serve` cannot repair a schema that is newer than the program.
    const bool can_migrate = complaint->find("run edgeroll-control migrate") != std::string::npos;
    if (!migrates || !can_migrate) return tl::unexpected(trouble(*url, *complaint));
    check.needs_migration = true;
    return check;
}

}  // namespace edgeroll::control
