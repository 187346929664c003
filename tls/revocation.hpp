// Revocation lists: which may be used, and how a chain is judged by them (docs/contract.md 2.5).
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "release/result.hpp"
#include "tls/pem.hpp"

namespace edgeroll::tls {

/// The lists of a file, each signed by one of the authorities and valid now: a list that is not
/// would refuse everybody. Error: one line with the setting, the file and the cure.
[[nodiscard]] release::Result<std::vector<CrlPtr>> read_usable_lists(
    const NamedFile& file, const NamedFile& authorities_file,
    const std::vector<CertificatePtr>& authorities);

/// Subjects of the authorities that have no list: what they revoke is not seen.
[[nodiscard]] std::vector<std::string> without_list(const std::vector<CertificatePtr>& authorities,
                                                    const std::vector<CrlPtr>& lists);

/// Peers are judged by these lists from now on: their own certificate, whose issuer must have a
/// list, and every certificate above it whose issuer has one. False: OpenSSL refused, and the
/// context must not be used.
[[nodiscard]] bool judge_by_lists(SSL_CTX* context, const std::vector<CrlPtr>& lists);

}  // namespace edgeroll::tls
