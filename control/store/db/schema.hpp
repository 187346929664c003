// Checks and migrates the schema.
#pragma once

#include <string>
#include <vector>

#include "control/store/db/connection.hpp"
#include "control/store/db/migrations.hpp"

namespace edgeroll::control {

/// The migrations for this kind of database, ascending.
[[nodiscard]] std::vector<Migration> known_migrations(Backend backend);

/// What is wrong with the schema and its tables (shape.hpp), with the remedy ("the schema is at 1,
/// this program needs 3 …"); empty: nothing. A schema newer than this program is accepted as long
/// as it has everything that the program uses.
[[nodiscard]] std::string schema_complaint(Connection& connection);

/// The same for a schema that was checked before: the tables are checked again only after a newer
/// program has changed them.
[[nodiscard]] std::string schema_change_complaint(Connection& connection);

/// Applies the missing migrations in order and returns their versions; does nothing to a newer
/// schema. Several processes may call it at once: each migration is applied once (SQLite: one
/// transaction; MySQL, which commits at every schema statement: a named lock and repeatable
/// statements). Throws DbFailure that names the migration.
[[nodiscard]] std::vector<int> migrate(Connection& connection);

}  // namespace edgeroll::control
