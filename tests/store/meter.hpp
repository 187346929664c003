// Cost of database calls, in statements and in rows read by the database, never in time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "control/store/db/connection.hpp"

namespace edgeroll::control::testing {

struct Cost {
    std::int64_t statements = 0;
    /// MariaDB: rows read through its handlers. SQLite: steps of its virtual machine, several per
    /// row.
    std::int64_t reads = 0;
};

/// Counts the work of all connections of this test program.
/// @param watcher a connection without a transaction
[[nodiscard]] Cost cost_of(Connection& watcher, const std::function<void()>& work);

/// Call it before connections are made: it counts SQLite connections made afterwards.
void count_sqlite();

}  // namespace edgeroll::control::testing
