// The file of an SQLite database, as far as its permissions go.
#pragma once

#include <string>

namespace edgeroll::control {

/// Makes the file with mode 0640 where there is none: SQLite would go by the umask alone. Failures
/// are left to SQLite, which says them better. Blocking.
void make_database_file(const std::string& path);

/// Takes from others (not from the group) what they may do with the file, its -wal and -shm; what
/// cannot be taken is logged (event=database_file_open). Only for what has been seen to be our
/// database: a path may be mistyped. Blocking.
void close_to_others(const std::string& path);

}  // namespace edgeroll::control
