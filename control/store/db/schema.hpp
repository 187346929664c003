// Is the schema the one this program was written for, and how to get there.
#pragma once

#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "control/store/db/migrations.hpp"

namespace edgeroll::control {

/// The migrations for this kind of database, ascending.
[[nodiscard]] std::vector<Migration> known_migrations(Backend backend);

/// What is wrong with the schema and its tables (shape.hpp), with the cure ("the schema is at 1,
/// this program needs 3 …"); empty if nothing is. A schema newer than this program is fine as long
/// as it has everything that the program uses.
[[nodiscard]] std::string schema_complaint(Connection& connection);

/// The same for one that was looked at before: the tables are looked at again only where a newer
/// program has been at them.
[[nodiscard]] std::string schema_change_complaint(Connection& connection);

/// Applies what is missing, in order, and returns the versions applied; nothing to a newer schema.
/// Several processes may do so at once: each migration is applied once (SQLite: one transaction;
/// MySQL, which commits at every schema statement: a lock by name, and statements that may be
/// repeated). Throws DbFailure that names the migration.
[[nodiscard]] std::vector<int> migrate(Connection& connection);

}  // namespace edgeroll::control
