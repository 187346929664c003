#include "control/store/db/mysql_session.hpp"

#include <cppconn/connection.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>

#include <memory>

namespace edgeroll::control {
namespace {

constexpr int unknown_system_variable = 1193;
constexpr int read_only_server = 1290;
constexpr int unknown_character_set = 1115;

constexpr int serve_read_timeout_sec = 7;
/// Otherwise a statement whose client has timed out would continue on the server, and the next
/// statement would run beside it.
constexpr int statement_sec = 5;
constexpr int row_lock_wait_sec = 3;
/// Building an index over millions of rows sends nothing until it is done.
constexpr int migrate_read_timeout_sec = 6 * 3600;

std::string number(int value) {
    return std::to_string(value);
}

class SetUp {
  public:
    explicit SetUp(sql::Connection& session) : statement_(session.createStatement()) {}

    void run(const std::string& sql) { statement_->execute(sql); }
    /// False where the server does not know the variable (other product or older version).
    bool try_set(const std::string& assignment) {
        try {
            run("SET SESSION " + assignment);
            return true;
        } catch (const sql::SQLException& error) {
            if (error.getErrorCode() != unknown_system_variable) throw;
            return false;
        }
    }
    std::unique_ptr<sql::ResultSet> query(const std::string& sql) {
        return std::unique_ptr<sql::ResultSet>(statement_->executeQuery(sql));
    }

  private:
    std::unique_ptr<sql::Statement> statement_;
};

/// MariaDB bounds every statement, MySQL only reads; other waits are bounded by lock timeouts.
void bound_statements(SetUp& session, SessionUse use) {
    const bool serves = use == SessionUse::serve;
    const int limit = serves ? statement_sec : 0;
    if (!session.try_set("max_statement_time = " + number(limit))) {
        (void)session.try_set("max_execution_time = " + number(limit * 1000));
    }
    if (!serves) return;
    session.run("SET SESSION innodb_lock_wait_timeout = " + number(row_lock_wait_sec) +
                ", lock_wait_timeout = " + number(statement_sec));
}

std::string text_at(sql::ResultSet& row, unsigned column) {
    const sql::SQLString text = row.getString(column);
    return std::string(text.c_str(), text.length());
}

void check(SetUp& session) {
    const auto found = session.query(
        "SELECT @@character_set_client, @@character_set_connection, @@character_set_results, "
        "HEX('" +
        std::string(character_probe) + "'), '" + character_probe + "', @@global.read_only");
    if (!found->next()) throw sql::SQLException("the server answers nothing", "HY000", 0);
    const CharacterSets sets{text_at(*found, 1), text_at(*found, 2), text_at(*found, 3),
                             text_at(*found, 4)};
    const std::string complaint = character_set_complaint(sets, text_at(*found, 5));
    if (!complaint.empty()) throw sql::SQLException(complaint, "HY000", unknown_character_set);
    // A replica that waits for its promotion and a cluster node without its cluster are unusable.
    const std::string read_only = text_at(*found, 6);
    if (read_only != "0" && read_only != "OFF") {
        throw sql::SQLException("the server is read-only", "HY000", read_only_server);
    }
}

}  // namespace

int read_timeout_sec(SessionUse use) {
    return use == SessionUse::serve ? serve_read_timeout_sec : migrate_read_timeout_sec;
}

std::string character_set_complaint(const CharacterSets& sets, const std::string& probe_back) {
    for (const std::string& name : {sets.client, sets.connection, sets.results}) {
        if (name != "utf8mb4") return "the server forces character set " + name;
    }
    if (sets.probe_hex == character_probe_hex && probe_back == character_probe) return {};
    return "letters arrive changed at the server or come back changed: something between it and "
           "edgeroll-control converts character sets";
}

void set_up_session(sql::Connection& session, SessionUse use) {
    SetUp set_up(session);
    set_up.run(row_limits_off);
    // With the collation of the tables, in which words compare exactly.
    set_up.run("SET NAMES utf8mb4 COLLATE utf8mb4_bin");
    set_up.run(
        "SET SESSION autocommit = 1, completion_type = 0, time_zone = '+00:00', "
        "sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
        "group_concat_max_len = 1048576, sql_safe_updates = 0, "
        "sql_auto_is_null = 0, unique_checks = 1, wait_timeout = 28800");
    set_up.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE");
    bound_statements(set_up, use);
    // On a Galera cluster a read must see the commits of other nodes.
    (void)set_up.try_set("wsrep_sync_wait = 1");
    check(set_up);
}

}  // namespace edgeroll::control
