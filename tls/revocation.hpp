// Checks revocation lists and applies them to chains (docs/contract.md 2.5).
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "release/result.hpp"
#include "tls/pem.hpp"

namespace edgeroll::tls {

/// Reads the lists of a file. Each must be signed by one of the authorities and valid now, since an
/// invalid list would refuse every peer. Error: one line with the setting, the file and the cure.
[[nodiscard]] release::Result<std::vector<CrlPtr>> read_usable_lists(
    const NamedFile& file, const NamedFile& authorities_file,
    const std::vector<CertificatePtr>& authorities);

/// Subjects of the authorities without a list; their revocations are not seen.
[[nodiscard]] std::vector<std::string> without_list(const std::vector<CertificatePtr>& authorities,
                                                    const std::vector<CrlPtr>& lists);

/// Checks peers against these lists from now on: the leaf's issuer must have a list; certificates
/// above it are checked where their issuer has one. False: OpenSSL refused, and the context must
/// not be used.
[[nodiscard]] bool judge_by_lists(SSL_CTX* context, const std::vector<CrlPtr>& lists);

}  // namespace edgeroll::tls
