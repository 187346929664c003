// What the client library may say to a server before that is known to be the right one, and what a
// log-in that failed means. Why so: docs/adr/0020-who-gets-the-password.md.
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
    std::string address;  ///< for the connector
    std::string shown;    ///< for people
    TlsMode mode = TlsMode::off;
    bool is_socket = false;
};

/// Whether caching_sha2_password and sha256_password may be used, which send the password itself
/// over TLS and sockets, and encrypted for the server's public key elsewhere.
[[nodiscard]] bool may_use_sha2(const LoginTarget& target, const DatabaseTls& tls);

/// Empty, or why the client library that was found must not be given a password.
[[nodiscard]] std::string library_complaint();

/// The options that keep the password from a server that is not the right one. Must live until the
/// connection is made, since the library reads files of it.
class LoginLimits {
  public:
    /// Throws DbFailure: the public key cannot be read, the library is not the one that it must be.
    LoginLimits(const LoginTarget& target, const DatabaseTls& tls);
    void add_to(sql::ConnectOptionsMap& options) const;

  private:
    const LoginTarget& target_;
    const DatabaseTls& tls_;
    bool may_use_sha2_;
    SealedText allowed_;
    std::optional<SealedText> server_public_key_;
};

/// Asks the session. Throws sql::SQLException, also where TLS is required and not there.
[[nodiscard]] Protection protection_of(sql::Connection& session, const LoginTarget& target);

/// One line about a log-in that failed: what it means, and the cure. Without the password.
[[nodiscard]] std::string login_trouble(int number, const std::string& text,
                                        const LoginTarget& target, const DatabaseTls& tls);

}  // namespace edgeroll::control
