// One TLS context from one set of files, with every check that can be made before a peer appears.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "release/result.hpp"
#include "tls/context_store.hpp"
#include "tls/pem.hpp"

namespace edgeroll::tls {

/// A context and what it was made of, as far as time can spoil it.
struct Material {
    std::shared_ptr<boost::asio::ssl::context> context;
    CertificatePtr leaf;
    std::vector<CrlPtr> crls;
    std::vector<std::string> without_list;  ///< authorities, where lists are used
};

/// See make_context_store.
[[nodiscard]] release::Result<Material> build_context(const TlsFiles& files, TlsRole role);

[[nodiscard]] CertificateReport report_of(const TlsFiles& files, const Material& material);

/// What is wrong with it now (expired, not yet valid), naming the setting; empty when nothing is.
[[nodiscard]] std::string trouble_of(const TlsFiles& files, const Material& material);

}  // namespace edgeroll::tls
