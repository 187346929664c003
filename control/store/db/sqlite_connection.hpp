// SQLite through SQLiteCpp.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// Writers of one process queue here instead of polling the file lock.
using WriterGate = std::shared_ptr<std::mutex>;

/// Opens the file (created if missing) in WAL mode, synchronous=FULL. Throws DbFailure that names
/// the path and the remedy.
/// @param gate shared by all connections of this process to the file
[[nodiscard]] std::unique_ptr<Connection> connect_sqlite(const std::string& path, WriterGate gate);

/// Opens an existing file for reading: creates none and leaves the journal mode unchanged. Throws
/// as above, also when the file is read-only.
[[nodiscard]] std::unique_ptr<Connection> connect_sqlite_to_look(const std::string& path);

}  // namespace edgeroll::control
