// Tells certificate errors of the TLS layer from broken connections.
#pragma once

#include <openssl/types.h>

#include <boost/system/error_code.hpp>
#include <string>

namespace edgeroll::tls {

/// True for a failed verification of the peer's certificate and for the alerts by which a peer
/// refuses ours (in TLS 1.3 they arrive with the first read, after a successful handshake).
/// @param session may be null; else its verification result counts too, since OpenSSL may report a
/// broken signature as an encoding error
[[nodiscard]] bool is_certificate_trouble(const boost::system::error_code& ec, const SSL* session);

/// One line for people. @param session may be null; else its verification result is included
[[nodiscard]] std::string describe(const boost::system::error_code& ec, const SSL* session);

/// Whether the certificate of the peer of `session` would be accepted by a newer context (another
/// CA, a newer revocation list, expired meanwhile).
/// @return empty when accepted, else why not
[[nodiscard]] std::string verify_client_again(const SSL* session, SSL_CTX* context);

}  // namespace edgeroll::tls
