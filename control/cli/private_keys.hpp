// Private keys among the files of a configuration, as far as they can be recognised.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "release/wire/payload.hpp"

namespace edgeroll::cli {

/// Whether the file holds a private key:
/// - a block `-----BEGIN … PRIVATE KEY-----` (PKCS#8, encrypted or not, RSA, EC, DSA, OPENSSH) or
///   `-----BEGIN PGP PRIVATE KEY BLOCK-----` with its base64, wherever it stands: indented, in
///   JSON with `\n` and `\/`, in XML, commented out, on one line, in UTF-16, or as base64 of a PEM
///   file. The words alone, as documentation has them, are none;
/// - DER, or a file that is base64 of it: PKCS#8, encrypted or not, PKCS#1, SEC 1, a DSA key,
///   PKCS#12;
/// - a key store by its name (.p12, .pfx, .jks, .keystore), whatever is in it.
/// Certificates, requests, public keys and parameters are none.
[[nodiscard]] bool is_private_key(std::string_view path, std::string_view content);

/// The paths of those that are not secret, in the order of the payload.
[[nodiscard]] std::vector<std::string> plain_keys(const release::wire::Payload& payload);

}  // namespace edgeroll::cli
