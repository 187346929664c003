// SQLite through SQLiteCpp.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Writers of one process queue here instead of polling the file's lock.
using WriterGate = std::shared_ptr<std::mutex>;

/// Opens the file (made if missing) in WAL mode, synchronous=FULL. Throws DbFailure that names the
/// path and the cure. @param gate shared by all connections of this process to the file
[[nodiscard]] std::unique_ptr<Connection> connect_sqlite(const std::string& path, WriterGate gate);

/// Opens a file that is there, to look at it: makes none, leaves the journal mode as it is. Throws
/// as above, also when the file may only be read.
[[nodiscard]] std::unique_ptr<Connection> connect_sqlite_to_look(const std::string& path);

}  // namespace edgeroll::control
