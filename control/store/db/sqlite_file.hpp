// Permissions of the file of an SQLite database.
#pragma once

#include <string>

namespace edgeroll::control {

/// Creates a missing file with mode 0640: SQLite would only apply the umask. Failures are left to
/// SQLite, whose messages are better. Blocking.
void make_database_file(const std::string& path);

/// Removes the permissions of others (not of the group) from the file, its -wal and -shm; failures
/// are logged (event=database_file_open). Only for a file that was recognized as our database: a
/// path may be mistyped. Blocking.
void close_to_others(const std::string& path);

}  // namespace edgeroll::control
