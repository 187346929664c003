// Reads and checks the PEM files that a TLS context is built from.
#pragma once

#include <openssl/x509.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "release/result.hpp"
#include "tls/rt/secret_file.hpp"

namespace edgeroll::tls {

struct FreeOpenssl {
    void operator()(X509* p) const { X509_free(p); }
    void operator()(X509_CRL* p) const { X509_CRL_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
using CertificatePtr = std::unique_ptr<X509, FreeOpenssl>;
using CrlPtr = std::unique_ptr<X509_CRL, FreeOpenssl>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeOpenssl>;

/// A file with the setting that names it, for messages: "CONTROL_CERT (/etc/edgeroll/control.crt)".
struct NamedFile {
    std::string setting;
    std::string path;
    [[nodiscard]] std::string label() const { return setting + " (" + path + ")"; }
};

// Each reads the whole file. Error: one line with the setting, the file, and the cure.
[[nodiscard]] release::Result<std::vector<CertificatePtr>> read_certificates(const NamedFile& file);
/// Refuses a key that others may read, unless `loose` allows it.
[[nodiscard]] release::Result<KeyPtr> read_key(const NamedFile& file,
                                               rt::LooseFiles loose = rt::LooseFiles::refused);
[[nodiscard]] release::Result<std::vector<CrlPtr>> read_crls(const NamedFile& file);

/// A time for people, in UTC: "2024-05-01 12:00:00 UTC".
[[nodiscard]] std::string text_of(const ASN1_TIME* time);

/// The certificate's subject on one line: "CN = edge CA, O = example". Control characters escaped.
[[nodiscard]] std::string subject_of(const X509* certificate);

/// Whether the time is in the past. True for an unreadable time.
[[nodiscard]] bool is_past(const ASN1_TIME* time);
/// Seconds from now, negative for the past; 0 for an unreadable time.
[[nodiscard]] std::int64_t seconds_until(const ASN1_TIME* time);
/// Seconds between two times; 0 when either is unreadable.
[[nodiscard]] std::int64_t seconds_between(const ASN1_TIME* from, const ASN1_TIME* until);
/// For tests only: moves the clock of is_past() and seconds_until() ahead of the system clock (0:
/// not at all), so that a certificate expires when the test says so. OpenSSL's own check in a
/// handshake is not affected. Any thread.
void move_certificate_clock(std::chrono::seconds ahead);

/// Returns OpenSSL's oldest pending error as text and clears the others.
[[nodiscard]] std::string openssl_error();

}  // namespace edgeroll::tls
