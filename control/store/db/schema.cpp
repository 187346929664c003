#include "control/store/db/schema.hpp"

#include <algorithm>

#include "control/store/db/script.hpp"
#include "control/store/db/shape.hpp"

namespace edgeroll::control {
namespace {

constexpr int lock_wait_sec = 6;  // less than the connection's read timeout
constexpr int lock_tries = 10;

bool has_version_table(Connection& connection) {
    const std::string sql =
        connection.dialect().is_mysql()
            ? "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND "
              "table_name = 'schema_migrations'"
            : "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'";
    return !connection.query(sql).empty();
}

/// Ascending; empty for a database that was never migrated.
std::vector<int> applied_versions(Connection& connection) {
    std::vector<int> versions;
    if (!has_version_table(connection)) return versions;
    for (const Row& row :
         connection.query("SELECT version FROM schema_migrations ORDER BY version")) {
        versions.push_back(row.small(0));
    }
    return versions;
}

void make_version_table(Connection& connection) {
    connection.run(
        connection.dialect().is_mysql()
            ? "CREATE TABLE IF NOT EXISTS schema_migrations (version INT NOT NULL PRIMARY KEY, "
              "applied_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)) "
              "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
            : "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, "
              "applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')))");
}

int newest(const std::vector<Migration>& known) {
    return known.empty() ? 0 : known.back().version;
}

/// Within a major version migrations only add, so that processes can be replaced one by one: a
/// newer schema is accepted as long as it has everything that this program uses.
std::string beside_newer(int has, int knows, const std::string& complaint) {
    return "the schema is at " + std::to_string(has) + ", this program knows it only up to " +
           std::to_string(knows) + ", and " + complaint;
}

/// MySQL commits at each schema statement: statements from before an interruption are repeated, and
/// MySQL 8 has no ADD COLUMN IF NOT EXISTS.
void run_once(Connection& connection, const std::string& statement) {
    try {
        connection.run(statement);
    } catch (const DbFailure& failure) {
        if (!failure.is_column_there) throw;
    }
}

/// In ascending order of their numbers.
std::vector<int> apply_missing(Connection& connection) {
    const std::vector<Migration> known = known_migrations(connection.dialect().backend);
    make_version_table(connection);
    const std::vector<int> applied = applied_versions(connection);
    std::vector<int> done;
    for (const Migration& migration : known) {
        if (std::binary_search(applied.begin(), applied.end(), migration.version)) continue;
        try {
            for (const std::string& statement : script_statements(migration.sql)) {
                run_once(connection, statement);
            }
            connection.execute(
                connection.dialect().insert_ignore() + "schema_migrations (version) VALUES (?)",
                {std::int64_t{migration.version}});
        } catch (const DbFailure& failure) {
            DbFailure named(std::string("migration ") + std::string(migration.name) +
                                " failed: " + failure.what(),
                            failure.outcome());
            named.breaks_connection = failure.breaks_connection;
            throw named;
        }
        done.push_back(migration.version);
    }
    return done;
}

/// Saves the other processes useless work; correctness does not depend on it.
class NamedLock {
  public:
    explicit NamedLock(Connection& connection) : connection_(connection) {
        for (int i = 0; i < lock_tries && !is_held_; ++i) {
            const Rows rows = connection_.query(
                "SELECT GET_LOCK(CONCAT('edgeroll.', LEFT(SHA1(DATABASE()), 16)), " +
                std::to_string(lock_wait_sec) + ")");
            is_held_ = rows.at(0).integer_or(0, 0) == 1;
        }
        if (!is_held_) {
            throw DbFailure("another process has been migrating this database for a minute",
                            release::Outcome::not_done);
        }
    }
    NamedLock(const NamedLock&) = delete;
    NamedLock& operator=(const NamedLock&) = delete;
    ~NamedLock() {
        try {
            (void)connection_.query(
                "SELECT RELEASE_LOCK(CONCAT('edgeroll.', LEFT(SHA1(DATABASE()), 16)))");
        } catch (const std::exception&) {
            // The session has ended, and its lock with it.
        }
    }

  private:
    Connection& connection_;
    bool is_held_ = false;
};

}  // namespace

std::vector<Migration> known_migrations(Backend backend) {
    return backend == Backend::mysql ? mysql_migrations() : sqlite_migrations();
}

namespace {

struct Standing {
    int has = 0, knows = 0;
    std::string missing;  ///< names of missing migrations
    [[nodiscard]] bool is_newer() const { return has > knows; }
};

Standing standing_of(Connection& connection) {
    const std::vector<Migration> known = known_migrations(connection.dialect().backend);
    const std::vector<int> applied = applied_versions(connection);
    Standing standing;
    standing.has = applied.empty() ? 0 : applied.back();
    standing.knows = newest(known);
    for (const Migration& migration : known) {
        if (std::binary_search(applied.begin(), applied.end(), migration.version)) continue;
        standing.missing += (standing.missing.empty() ? "" : ", ") + std::string(migration.name);
    }
    return standing;
}

std::string complaint_about(Connection& connection, bool looks_at_tables) {
    const Standing standing = standing_of(connection);
    if (standing.is_newer()) {
        const std::string complaint =
            standing.missing.empty()
                ? shape_complaint(connection)
                : standing.missing + " is missing: let the newer edgeroll-control migrate it";
        return complaint.empty() ? "" : beside_newer(standing.has, standing.knows, complaint);
    }
    if (!standing.missing.empty()) {
        return "the schema is at " + std::to_string(standing.has) + ", this program needs " +
               std::to_string(standing.knows) + " (missing: " + standing.missing +
               "): run edgeroll-control migrate, or set MIGRATE=1";
    }
    return looks_at_tables ? shape_complaint(connection) : "";
}

}  // namespace

std::string schema_complaint(Connection& connection) {
    return complaint_about(connection, true);
}

std::string schema_change_complaint(Connection& connection) {
    return complaint_about(connection, false);
}

std::vector<int> migrate(Connection& connection) {
    const Standing standing = standing_of(connection);
    if (standing.missing.empty() || standing.is_newer()) return {};
    if (connection.dialect().is_mysql()) {
        const NamedLock lock(connection);
        return apply_missing(connection);
    }
    Transaction transaction(connection, Transaction::Kind::write);
    std::vector<int> done = apply_missing(connection);
    transaction.commit();
    return done;
}

}  // namespace edgeroll::control
