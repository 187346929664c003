// What an error of the TLS layer means: certificate trouble, or just a broken connection.
#pragma once

#include <openssl/types.h>

#include <boost/system/error_code.hpp>
#include <string>

namespace edgeroll::tls {

/// True for a failed verification of the peer's certificate and for the alerts by which a peer
/// refuses ours (in TLS 1.3 these arrive with the first read, after a handshake that went well).
/// @param session may be null; else the verification's own result counts too, since OpenSSL may
/// report a broken signature as an error of its encoding layer
[[nodiscard]] bool is_certificate_trouble(const boost::system::error_code& ec, const SSL* session);

/// One line for people. @param session may be null; else the verification's result is included
[[nodiscard]] std::string describe(const boost::system::error_code& ec, const SSL* session);

/// Whether the certificate that the peer of `session` showed would still be accepted by a newer
/// context (another CA, a newer revocation list, expired meanwhile). @return empty when it would,
/// else why not
[[nodiscard]] std::string verify_client_again(const SSL* session, SSL_CTX* context);

}  // namespace edgeroll::tls
