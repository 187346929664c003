// PEM files that are handed to a client library which is not ours: looked at first, since such a
// library says little about what is wrong with them.
#pragma once

#include <string>

#include "tls/pem.hpp"

namespace edgeroll::tls {

// Each error is one line with the setting, the file, and the cure.

/// At least one certificate, all of them whole.
[[nodiscard]] release::Result<void> check_authorities(const NamedFile& file);
/// They belong together, the key has no password, and the certificate has not run out.
/// @param loose whether everybody on the machine may be able to read the key
[[nodiscard]] release::Result<void> check_pair(const NamedFile& certificate, const NamedFile& key,
                                               rt::LooseFiles loose);
/// An RSA key of at least 2048 bits ("BEGIN PUBLIC KEY").
[[nodiscard]] release::Result<void> check_rsa_public_key(const NamedFile& file);

/// Where this machine keeps the authorities that it trusts, as OpenSSL looks for them (and its
/// SSL_CERT_FILE and SSL_CERT_DIR). Empty: not there.
struct SystemAuthorities {
    std::string file, folder;
};
[[nodiscard]] SystemAuthorities system_authorities();

}  // namespace edgeroll::tls
