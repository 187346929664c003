// Recognises private keys in DER by their structure only.
#pragma once

#include <string_view>

namespace edgeroll::cli {

/// Whether the bytes are one DER sequence, perhaps followed by blanks and line ends, with the
/// structure of PKCS#8 (RFC 5208, RFC 5958), PKCS#8 encrypted with a password, PKCS#1 or DSA as
/// written by OpenSSL, SEC 1 (RFC 5915) or PKCS#12 (RFC 7292). Decrypts and checks nothing else.
[[nodiscard]] bool is_der_key(std::string_view bytes);

}  // namespace edgeroll::cli
