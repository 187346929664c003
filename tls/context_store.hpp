// TLS contexts from files, rebuilt when the files change: no restart, no dropped connection.
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
    std::string ca;           ///< PEM bundle the peer must chain to; empty: peers are not asked
    std::string crl;          ///< PEM revocation lists; empty: none
    /// The settings' names, for error messages ("CONTROL_CERT", ...), same order.
    std::string certificate_name, key_name, ca_name, crl_name;
    rt::LooseFiles loose = rt::LooseFiles::refused;  ///< whether everybody may read the key
};

enum class TlsRole { client, server };

/// How long a certificate or a revocation list is still good.
struct Validity {
    std::string setting;  ///< the name of its setting
    std::string path;
    std::string until;  ///< UTC, for people
    std::int64_t seconds_left = 0;
    std::int64_t seconds_in_all = 0;
    /// Two thirds of its life are over: time for a new one.
    [[nodiscard]] bool is_near_end() const { return seconds_left <= seconds_in_all / 3; }
};

/// What is to be watched of the files in use.
struct CertificateReport {
    Validity certificate;
    std::optional<Validity> list;           ///< the one that ends first
    std::string authorities_setting;        ///< empty: peers are not asked
    std::vector<std::string> without_list;  ///< authorities, where lists are used
};

class ContextStore {
  public:
    virtual ~ContextStore() = default;
    /// The context to use for a new connection. Never null. Loop thread.
    virtual std::shared_ptr<boost::asio::ssl::context> current() = 0;
    /// Looks at the files' change times and builds a new context if one changed. A broken new set
    /// is logged (event=certificates_refused) and the old one stays in use. Says once a day what
    /// is near its end, and when that comes it counts as a reload, so that kept connections are
    /// judged like new ones. Loop thread; call it about once a second.
    virtual void refresh() = 0;
    /// Grows with every successful reload: connections of an older generation are not reused.
    [[nodiscard]] virtual int generation() const = 0;
    /// What is wrong with the certificates in use now (expired, not yet valid); empty when usable.
    [[nodiscard]] virtual std::string trouble() const = 0;
    [[nodiscard]] virtual CertificateReport report() const = 0;
};

/// Reads and checks everything: readable, parses, key fits the certificate, within its validity,
/// the extended key usage fits the role, for a client its own chain leads to something. TLS 1.2 is
/// the floor, 1.3 preferred, tickets off. Error: one line naming the setting, the file and the
/// cure.
[[nodiscard]] release::Result<std::unique_ptr<ContextStore>> make_context_store(TlsFiles files,
                                                                                TlsRole role);

}  // namespace edgeroll::tls
