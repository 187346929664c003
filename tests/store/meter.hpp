// What database calls cost, in statements and in rows that the database looked at: never in time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "control/store/db/connection.hpp"

namespace edgeroll::control::testing {

struct Cost {
    std::int64_t statements = 0;
    /// MariaDB: rows read through its handlers. SQLite: steps of its virtual machine, some for each
    /// row.
    std::int64_t reads = 0;
};

/// Of everything that any connection of this test program does meanwhile.
/// @param watcher a connection that is in no transaction
[[nodiscard]] Cost cost_of(Connection& watcher, const std::function<void()>& work);

/// Called before connections are made: those of SQLite are counted from then on.
void count_sqlite();

}  // namespace edgeroll::control::testing
