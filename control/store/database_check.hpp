// What `serve` would find in the database; changes nothing there.
#pragma once

#include <string>

#include "control/store/open.hpp"

namespace edgeroll::control {

struct DatabaseCheck {
    /// The SQLite file that `serve` would create; empty: the file exists, or the database is not
    /// SQLite.
    std::string file_to_come;
    bool needs_migration = false;  ///< `serve` would migrate by itself
    Protection protection;         ///< of the connection that was opened
};

/// Errors are those with which `serve` would refuse to start. Creates no file and changes neither
/// journal mode nor schema. Blocking.
[[nodiscard]] release::Result<DatabaseCheck> check_database(const StoreOptions& options);

}  // namespace edgeroll::control
