// What the client library may send to a server that is not authenticated yet, and what a failed
// log-in means. Reasons: docs/adr/0020-who-gets-the-password.md.
#pragma once

#include <cppconn/connection.h>

#include <optional>
#include <string>

#include "control/store/db/connection.hpp"
#include "control/store/db/sealed_text.hpp"
#include "control/store/db/url.hpp"

namespace edgeroll::control {

/// A server to log in to.
struct LoginTarget {
    std::string address;  ///< form for the connector
    std::string shown;    ///< form for messages
    TlsMode mode = TlsMode::off;
    bool is_socket = false;
};

/// Whether caching_sha2_password and sha256_password may be used. They send the password itself
/// over TLS and sockets, and elsewhere encrypt it for the server's public key.
[[nodiscard]] bool may_use_sha2(const LoginTarget& target, const DatabaseTls& tls);

/// Empty, or why the client library found must not be given a password.
[[nodiscard]] std::string library_complaint();

/// Options that keep the password from a wrong server. Must live until the connection is made,
/// since the library reads files of it.
class LoginLimits {
  public:
    /// Throws DbFailure: the public key cannot be read, or the library is unsuitable.
    LoginLimits(const LoginTarget& target, const DatabaseTls& tls);
    void add_to(sql::ConnectOptionsMap& options) const;

  private:
    const LoginTarget& target_;
    const DatabaseTls& tls_;
    bool may_use_sha2_;
    SealedText allowed_;
    std::optional<SealedText> server_public_key_;
};

/// Queries the session. Throws sql::SQLException, also where TLS is required and missing.
[[nodiscard]] Protection protection_of(sql::Connection& session, const LoginTarget& target);

/// One line about a failed log-in: its cause and the remedy. Without the password.
[[nodiscard]] std::string login_trouble(int number, const std::string& text,
                                        const LoginTarget& target, const DatabaseTls& tls);

}  // namespace edgeroll::control
