// Builds one TLS context from one set of files, with every check that needs no peer.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "release/result.hpp"
#include "tls/context_store.hpp"
#include "tls/pem.hpp"

namespace edgeroll::tls {

/// A context and the certificates and lists in it that can expire.
struct Material {
    std::shared_ptr<boost::asio::ssl::context> context;
    CertificatePtr leaf;
    std::vector<CrlPtr> crls;
    std::vector<std::string> without_list;  ///< authorities without a list, when lists are used
};

/// See make_context_store.
[[nodiscard]] release::Result<Material> build_context(const TlsFiles& files, TlsRole role);

[[nodiscard]] CertificateReport report_of(const TlsFiles& files, const Material& material);

/// What is wrong now (expired, not yet valid), naming the setting; empty: nothing.
[[nodiscard]] std::string trouble_of(const TlsFiles& files, const Material& material);

}  // namespace edgeroll::tls
