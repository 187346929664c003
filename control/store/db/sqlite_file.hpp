// The file of an SQLite database, as far as its permissions go.
#pragma once

#include <string>

namespace edgeroll::control {

/// Makes the file with mode 0640 where there is none, and takes from others (not from the group)
/// what they may do with one that is there, its -wal and -shm included; what cannot be taken is
/// logged (event=database_file_open). SQLite would go by the umask alone. Other failures are left
/// to SQLite, which says them better. Blocking.
void close_to_others(const std::string& path);

}  // namespace edgeroll::control
