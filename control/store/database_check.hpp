// What `serve` would find of the database, without changing anything there.
#pragma once

#include <string>

#include "control/store/open.hpp"

namespace edgeroll::control {

struct DatabaseCheck {
    /// The SQLite file that `serve` would make; empty: there is one, or it is no SQLite.
    std::string file_to_come;
    bool needs_migration = false;  ///< which `serve` would do by itself
    Protection protection;         ///< of the connection that was made
};

/// Errors are those with which `serve` would refuse to start. Makes no file, changes no journal
/// mode and no schema. Blocking.
[[nodiscard]] release::Result<DatabaseCheck> check_database(const StoreOptions& options);

}  // namespace edgeroll::control
