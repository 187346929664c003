#include "tests/store/meter.hpp"

#include <sqlite3.h>

#include <atomic>
#include <mutex>

namespace edgeroll::control::testing {
namespace {

std::atomic<std::int64_t> sqlite_statements{0}, sqlite_steps{0};

int statement_ended(unsigned kind, void*, void* statement, void*) {
    if (kind != SQLITE_TRACE_PROFILE) return 0;
    ++sqlite_statements;
    sqlite_steps +=
        sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
    return 0;
}

int connection_made(sqlite3* database, const char**, const void*) {
    return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, statement_ended, nullptr);
}

Cost total(Connection& watcher) {
    if (!watcher.dialect().is_mysql()) return {sqlite_statements, sqlite_steps};
    Cost cost;
    for (const Row& row : watcher.query(
             "SELECT variable_name, variable_value FROM information_schema.global_status WHERE "
             "variable_name LIKE 'Handler_read%' OR variable_name IN ('Com_select', 'Com_update', "
             "'Com_insert')")) {
        const std::int64_t value = row.integer_or(1, 0);
        (row.text(0).rfind("HANDLER", 0) == 0 ? cost.reads : cost.statements) += value;
    }
    return cost;
}

}  // namespace

Cost cost_of(Connection& watcher, const std::function<void()>& work) {
    const Cost idle = total(watcher);
    const Cost before = total(watcher);
    work();
    const Cost after = total(watcher);
    const std::int64_t looks = before.reads - idle.reads;  // reads of this function itself
    return {after.statements - before.statements - 1, after.reads - before.reads - looks};
}

void count_sqlite() {
    static std::once_flag once;
    // An extension's entry point, whose type SQLite leaves open.
    std::call_once(once,
                   [] { sqlite3_auto_extension(reinterpret_cast<void (*)()>(connection_made)); });
}

}  // namespace edgeroll::control::testing
