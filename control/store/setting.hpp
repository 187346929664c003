// Reads and checks DATABASE_URL or MYSQL_DSN and the files that it names.
#pragma once

#include "control/store/db/mysql_connection.hpp"
#include "control/store/db/threads.hpp"
#include "control/store/db/url.hpp"
#include "control/store/open.hpp"

namespace edgeroll::control {

/// Errors begin with the setting's name and never show its text, which may hold a password.
[[nodiscard]] release::Result<DatabaseUrl> read_database_setting(const StoreOptions& options);

/// Returns a function that connects to this database.
[[nodiscard]] Connector connector_for(const DatabaseUrl& url, SessionUse use);

}  // namespace edgeroll::control
