// Private keys in DER, by their outline alone.
#pragma once

#include <string_view>

namespace edgeroll::cli {

/// Whether these bytes are one DER sequence, perhaps with blanks and ends of lines behind it, with
/// the outline of PKCS#8 (RFC 5208, RFC 5958), PKCS#8 encrypted with a password, PKCS#1 or DSA as
/// OpenSSL writes it, SEC 1 (RFC 5915) or PKCS#12 (RFC 7292). Nothing is decrypted or checked
/// further.
[[nodiscard]] bool is_der_key(std::string_view bytes);

}  // namespace edgeroll::cli
