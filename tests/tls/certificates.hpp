// Valid and unusual certificates of every kind, generated quickly for a test.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tls/context_store.hpp"
#include "tls/pem.hpp"

namespace edgeroll::tls::test {

/// A folder that is removed with the object.
class Folder {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string path(const std::string& name) const;
    void write(const std::string& name, const std::string& text) const;

  private:
    std::filesystem::path folder_;
};

struct Spec {
    std::string common_name = "test";
    std::string names;      ///< in openssl's syntax: "URI:spiffe://..,DNS:..,IP:.."; or empty
    std::string usage;      ///< "clientAuth", "serverAuth", or empty: no such extension
    long from_sec = -3600;  ///< relative to now
    long until_sec = 86'400;
    bool is_ca = false;
};

[[nodiscard]] Spec control_spec();
/// @param ip also used as IP SAN
[[nodiscard]] Spec agent_spec(const std::string& ip, const std::string& name = "edge-1");

/// A certificate with its key.
struct Pair {
    CertificatePtr certificate;
    KeyPtr key;
    [[nodiscard]] std::string fingerprint() const;
    [[nodiscard]] std::string certificate_pem() const;
    [[nodiscard]] std::string key_pem(const std::string& password = "") const;
};

class Authority {
  public:
    explicit Authority(const std::string& name = "test CA");
    /// An authority below another authority.
    Authority(const std::string& name, const Authority& issuer);
    [[nodiscard]] const Pair& pair() const { return own_; }
    [[nodiscard]] Pair issue(const Spec& spec) const;
    [[nodiscard]] std::string certificate_pem() const { return own_.certificate_pem(); }
    /// @param until_sec relative to now: when the next list is due
    /// @param from_sec relative to now: start of the list's validity
    [[nodiscard]] std::string crl_pem(const std::vector<const Pair*>& revoked,
                                      long until_sec = 86'400, long from_sec = -7200) const;

  private:
    Pair own_;
};

/// Signed by its own key.
[[nodiscard]] Pair self_signed(const Spec& spec);

/// Writes NAME.crt, NAME.key and NAME-ca.crt (and NAME.crl when given) and returns their paths,
/// with the settings' names T_CERT, T_KEY, T_CA, T_CRL.
[[nodiscard]] TlsFiles write_files(const Folder& folder, const std::string& name, const Pair& pair,
                                   const std::string& ca_pem, const std::string& crl_pem = "");

}  // namespace edgeroll::tls::test
