// Checks PEM files for third-party client libraries before they read them: such libraries say
// little about what is wrong.
#pragma once

#include <string>

#include "tls/pem.hpp"

namespace edgeroll::tls {

// Each error is one line: the setting, the file, and the cure.

/// At least one certificate; every certificate must be complete.
[[nodiscard]] release::Result<void> check_authorities(const NamedFile& file);
/// Certificate and key match, the key has no password, and the certificate has not expired.
/// @param loose whether the key may be readable by everybody
[[nodiscard]] release::Result<void> check_pair(const NamedFile& certificate, const NamedFile& key,
                                               rt::LooseFiles loose);
/// An RSA key of at least 2048 bits ("BEGIN PUBLIC KEY").
[[nodiscard]] release::Result<void> check_rsa_public_key(const NamedFile& file);

/// The system's trusted authorities, where OpenSSL looks for them (SSL_CERT_FILE and SSL_CERT_DIR
/// included). Empty: there are none.
struct SystemAuthorities {
    std::string file, folder;
};
[[nodiscard]] SystemAuthorities system_authorities();

}  // namespace edgeroll::tls
