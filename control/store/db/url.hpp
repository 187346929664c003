// DATABASE_URL and MYSQL_DSN (docs/contract.md section 2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/store/db/dialect.hpp"
#include "control/store/db/url_tls.hpp"
#include "release/result.hpp"

namespace edgeroll::control {

struct DatabaseHost {
    std::string name;  ///< host name or address; IPv6 without brackets
    int port = 3306;
};

struct DatabaseUrl {
    Backend backend = Backend::sqlite;
    std::string path;                 ///< sqlite: the file
    std::vector<DatabaseHost> hosts;  ///< mysql: tried in order; empty with a socket
    std::string socket;               ///< mysql: path of a unix socket
    std::string user, password, database;
    DatabaseTls tls;  ///< mysql
};

/// `sqlite:PATH`, `mysql://user:pass@host[:port][,host2…]/db[?tls=…&tls_ca=FILE&…]`, or with
/// `?socket=/path`; user, password, database and options are percent-encoded. The text of an error
/// follows the setting's name ("must be …") and never shows the setting's text, which may hold a
/// password in an unexpected place.
[[nodiscard]] release::Result<DatabaseUrl> parse_database_url(std::string_view text);

/// `user:pass@tcp(host:port)/db?…` or `user:pass@unix(/path)/db`, the format of Go's driver: only
/// the database's name and the options are percent-encoded. Harmless options of that driver are
/// accepted and ignored. `tls=false` is off, `true` verify, `skip-verify` require, `preferred` the
/// default; the other TLS options are those of the URL.
[[nodiscard]] release::Result<DatabaseUrl> parse_mysql_dsn(std::string_view text);

/// For logs: `mysql://user@host:3306/db`, `sqlite:PATH`. Without the password.
[[nodiscard]] std::string describe(const DatabaseUrl& url);

}  // namespace edgeroll::control
