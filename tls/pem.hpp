// PEM files, read and checked: the parts that a TLS context is built from.
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

/// A file as a setting names it, for messages: "CONTROL_CERT (/etc/edgeroll/control.crt)".
struct NamedFile {
    std::string setting;
    std::string path;
    [[nodiscard]] std::string label() const { return setting + " (" + path + ")"; }
};

// Each reads the whole file. Errors: one line with the setting, the file, and the cure.
[[nodiscard]] release::Result<std::vector<CertificatePtr>> read_certificates(const NamedFile& file);
/// Refused when others may read it, unless those are allowed.
[[nodiscard]] release::Result<KeyPtr> read_key(const NamedFile& file,
                                               rt::LooseFiles loose = rt::LooseFiles::refused);
[[nodiscard]] release::Result<std::vector<CrlPtr>> read_crls(const NamedFile& file);

/// A point in time as people read it, UTC: "2024-05-01 12:00:00 UTC".
[[nodiscard]] std::string text_of(const ASN1_TIME* time);

/// Whose certificate it is, one line: "CN = edge CA, O = example". Control characters escaped.
[[nodiscard]] std::string subject_of(const X509* certificate);

/// Whether the time is past now. An unreadable time is.
[[nodiscard]] bool is_past(const ASN1_TIME* time);
/// From now until then, negative when it is past; 0 for an unreadable time.
[[nodiscard]] std::int64_t seconds_until(const ASN1_TIME* time);
/// From one time to another; 0 when one cannot be read.
[[nodiscard]] std::int64_t seconds_between(const ASN1_TIME* from, const ASN1_TIME* until);
/// For tests only: is_past() and seconds_until() judge as if it were that much later than the
/// system's clock says (0: as it says). A certificate then runs out when the test says so, not
/// after a race with the time. OpenSSL's own check in a handshake does not hear of it. Any thread.
void move_certificate_clock(std::chrono::seconds ahead);

/// Takes OpenSSL's oldest pending error as text and clears the rest.
[[nodiscard]] std::string openssl_error();

}  // namespace edgeroll::tls
