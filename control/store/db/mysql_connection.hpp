// MySQL and MariaDB through mysql-connector-c++ 1.1 (pitfalls: docs/adr/0003-connector-headers.md).
#pragma once

#include <memory>

#include "control/store/db/connection.hpp"
#include "control/store/db/mysql_session.hpp"
#include "control/store/db/url.hpp"

namespace edgeroll::control {

/// Registers the thread with the driver. Does nothing until a connection was made.
class MysqlThread {
  public:
    MysqlThread() = default;
    MysqlThread(const MysqlThread&) = delete;
    MysqlThread& operator=(const MysqlThread&) = delete;
    ~MysqlThread();
};

/// Loads the driver. Not thread-safe: call it before any thread connects.
void load_mysql_driver();

/// Connects to the first reachable host. Throws DbFailure (not_done) that names every host tried.
[[nodiscard]] std::unique_ptr<Connection> connect_mysql(const DatabaseUrl& url,
                                                        SessionUse use = SessionUse::serve);

}  // namespace edgeroll::control
