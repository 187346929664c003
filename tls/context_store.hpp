// TLS contexts from files, rebuilt when the files change: no restart, no dropped connections.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "release/result.hpp"
#include "tls/rt/secret_file.hpp"

namespace edgeroll::tls {

struct TlsFiles {
    std::string certificate;  ///< PEM, leaf first
    std::string key;          ///< PEM
    std::string ca;           ///< PEM bundle peers must chain to; empty: no verification
    std::string crl;          ///< PEM revocation lists; empty: none
    /// Names of the settings, in the same order, for error messages ("CONTROL_CERT", ...).
    std::string certificate_name, key_name, ca_name, crl_name;
    rt::LooseFiles loose = rt::LooseFiles::refused;  ///< for the key
};

enum class TlsRole { client, server };

/// Remaining validity of a certificate or a revocation list.
struct Validity {
    std::string setting;  ///< the name of its setting
    std::string path;
    std::string until;  ///< UTC, for people
    std::int64_t seconds_left = 0;
    std::int64_t seconds_in_all = 0;
    /// Two thirds of the lifetime are over: time to renew.
    [[nodiscard]] bool is_near_end() const { return seconds_left <= seconds_in_all / 3; }
};

/// State of the files in use, for monitoring.
struct CertificateReport {
    Validity certificate;
    std::optional<Validity> list;           ///< the list that expires first
    std::string authorities_setting;        ///< empty: peers are not verified
    std::vector<std::string> without_list;  ///< authorities without a list, when lists are used
};

class ContextStore {
  public:
    virtual ~ContextStore() = default;
    /// The context for a new connection. Never null. Loop thread.
    virtual std::shared_ptr<boost::asio::ssl::context> current() = 0;
    /// Checks the files' change times and builds a new context if one changed. A broken new set is
    /// logged (event=certificates_refused) and the old context stays in use. Warns once a day about
    /// files near expiry; an expiry counts as a reload, so that kept connections are judged like
    /// new ones. Loop thread; call about once a second.
    virtual void refresh() = 0;
    /// Increases with every successful reload: connections of an older generation are not reused.
    [[nodiscard]] virtual int generation() const = 0;
    /// What is wrong with the certificates in use (expired, not yet valid); empty: usable.
    [[nodiscard]] virtual std::string trouble() const = 0;
    [[nodiscard]] virtual CertificateReport report() const = 0;
};

/// Reads and checks the files: readable, parsable, key matches the certificate, within its
/// validity, extended key usage fits the role, and a client's own chain is complete. TLS 1.2 is the
/// minimum, 1.3 preferred, tickets off. Error: one line with the setting, the file and the cure.
[[nodiscard]] release::Result<std::unique_ptr<ContextStore>> make_context_store(TlsFiles files,
                                                                                TlsRole role);

}  // namespace edgeroll::tls
