// Recognises private keys among the files of a configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "release/wire/payload.hpp"

namespace edgeroll::cli {

/// Whether the file contains a private key:
/// - a block `-----BEGIN … PRIVATE KEY-----` (PKCS#8, encrypted or not, RSA, EC, DSA, OPENSSH) or
///   `-----BEGIN PGP PRIVATE KEY BLOCK-----` with its base64, in any context: indented, in JSON
///   with
///   `\n` and `\/`, in XML, commented out, on one line, in UTF-16, or as base64 of a PEM file. The
///   BEGIN line without base64, as in documentation, does not count;
/// - DER, or a file that is base64 of it: PKCS#8, encrypted or not, PKCS#1, SEC 1, a DSA key,
///   PKCS#12;
/// - a key store by its name (.p12, .pfx, .jks, .keystore), whatever its content.
/// Certificates, requests, public keys and parameters do not count.
[[nodiscard]] bool is_private_key(std::string_view path, std::string_view content);

/// Paths of the private keys that are not secret, in the order of the payload.
[[nodiscard]] std::vector<std::string> plain_keys(const release::wire::Payload& payload);

}  // namespace edgeroll::cli
