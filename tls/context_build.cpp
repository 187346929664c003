#include "tls/context_build.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string_view>

#include "tls/revocation.hpp"

namespace edgeroll::tls {
namespace {

using release::fail;
using release::Result;
namespace ssl = boost::asio::ssl;

// TLS 1.2 only with forward secrecy and authenticated encryption; TLS 1.3 offers nothing else.
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

Result<std::shared_ptr<ssl::context>> empty_context(TlsRole role) {
    auto context = std::make_shared<ssl::context>(
        role == TlsRole::server ? ssl::context::tls_server : ssl::context::tls_client);
    SSL_CTX* native = context->native_handle();
    // A resumed session would skip the certificate checks, even after a reload, so no sessions are
    // kept.
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    constexpr std::string_view id = "edgeroll";
    const bool is_set =
        SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_cipher_list(native, tls12_ciphers) == 1 &&
        SSL_CTX_set_num_tickets(native, 0) == 1 &&
        SSL_CTX_set_session_id_context(native, reinterpret_cast<const unsigned char*>(id.data()),
                                       static_cast<unsigned>(id.size())) == 1;
    if (!is_set) return fail("cannot set up TLS (" + openssl_error() + ")");
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // memory of idle connections
    return context;
}

std::string time_trouble(const NamedFile& file, const X509* leaf) {
    if (is_past(X509_get0_notAfter(leaf))) {
        return file.label() + ": the certificate has been expired since " +
               text_of(X509_get0_notAfter(leaf)) + "; issue a new one";
    }
    if (!is_past(X509_get0_notBefore(leaf))) {
        return file.label() + ": the certificate is not valid before " +
               text_of(X509_get0_notBefore(leaf)) + "; wait, or set the machine's clock";
    }
    return {};
}

std::string crl_trouble(const NamedFile& file, const std::vector<CrlPtr>& crls) {
    for (const CrlPtr& crl : crls) {
        const ASN1_TIME* next = X509_CRL_get0_nextUpdate(crl.get());
        if (next != nullptr && is_past(next)) {
            return file.label() + ": the revocation list is out of date since " + text_of(next) +
                   "; publish a new one";
        }
    }
    return {};
}

Result<void> check_leaf(const NamedFile& file, X509* leaf, TlsRole role) {
    if (auto trouble = time_trouble(file, leaf); !trouble.empty()) return fail(trouble);
    const bool is_server = role == TlsRole::server;
    if ((X509_get_extension_flags(leaf) & EXFLAG_CA) != 0) {
        return fail(file.label() +
                    ": is an authority's certificate (CA:TRUE), which peers refuse; issue one for "
                    "this program (basicConstraints CA:FALSE)");
    }
    const int purpose = is_server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;
    if (X509_check_purpose(leaf, purpose, 0) != 1) {
        return fail(file.label() + ": the certificate may not be used as a TLS " +
                    (is_server ? "server" : "client") + "; issue one with the extended key usage " +
                    (is_server ? "serverAuth" : "clientAuth"));
    }
    return {};
}

Result<void> check_order(const NamedFile& file, const std::vector<CertificatePtr>& chain) {
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        if (X509_check_issued(chain[i + 1].get(), chain[i].get()) != X509_V_OK) {
            return fail(file.label() + ": certificate number " + std::to_string(i + 2) +
                        " in it did not issue the one before it; put the leaf first, then its "
                        "issuer, and so on");
        }
    }
    return {};
}

Result<void> use_identity(SSL_CTX* native, const TlsFiles& files, TlsRole role,
                          CertificatePtr& leaf) {
    const NamedFile certificate{files.certificate_name, files.certificate};
    const NamedFile key_file{files.key_name, files.key};
    auto chain = read_certificates(certificate);
    if (!chain) return tl::unexpected(chain.error());
    auto key = read_key(key_file, files.loose);
    if (!key) return tl::unexpected(key.error());
    X509* first = chain->front().get();
    if (auto good = check_leaf(certificate, first, role); !good) return good;
    if (auto good = check_order(certificate, *chain); !good) return good;
    if (X509_check_private_key(first, key->get()) != 1) {
        return fail(key_file.label() + ": the key does not fit the certificate in " +
                    certificate.label() + "; give the key that the certificate was made for");
    }
    bool is_taken = SSL_CTX_use_certificate(native, first) == 1 &&
                    SSL_CTX_use_PrivateKey(native, key->get()) == 1;
    for (std::size_t i = 1; i < chain->size() && is_taken; ++i) {
        is_taken = SSL_CTX_add1_chain_cert(native, (*chain)[i].get()) == 1;
    }
    if (!is_taken) {
        return fail(certificate.label() + ": cannot be used (" + openssl_error() +
                    "); give an EC P-256 or an RSA certificate of at least 2048 bits");
    }
    leaf = std::move(chain->front());
    return {};
}

Result<void> use_authorities(Material& material, const TlsFiles& files, TlsRole role) {
    ssl::context& context = *material.context;
    SSL_CTX* native = context.native_handle();
    const NamedFile ca_file{files.ca_name, files.ca};
    auto authorities = read_certificates(ca_file);
    if (!authorities) return tl::unexpected(authorities.error());
    X509_STORE* store = SSL_CTX_get_cert_store(native);
    for (const CertificatePtr& authority : *authorities) {
        if (X509_check_ca(authority.get()) == 0) {
            return fail(ca_file.label() +
                        ": holds a certificate that is not an authority's; give the CA's own");
        }
        // The second call tells clients which certificates are accepted.
        const bool is_taken =
            X509_STORE_add_cert(store, authority.get()) == 1 &&
            (role != TlsRole::server || SSL_CTX_add_client_CA(native, authority.get()) == 1);
        if (!is_taken) return fail(ca_file.label() + ": cannot be used (" + openssl_error() + ")");
    }
    context.set_verify_mode(role == TlsRole::server
                                ? ssl::verify_peer | ssl::verify_fail_if_no_peer_cert
                                : ssl::verify_peer);
    if (files.crl.empty()) return {};
    auto lists = read_usable_lists({files.crl_name, files.crl}, ca_file, *authorities);
    if (!lists) return tl::unexpected(lists.error());
    if (!judge_by_lists(native, *lists)) {
        return fail(NamedFile{files.crl_name, files.crl}.label() + ": cannot be used (" +
                    openssl_error() + ")");
    }
    material.without_list = without_list(*authorities, *lists);
    material.crls = std::move(*lists);
    return {};
}

Validity validity_of(const NamedFile& file, const ASN1_TIME* from, const ASN1_TIME* until) {
    Validity validity;
    validity.setting = file.setting;
    validity.path = file.path;
    validity.until = text_of(until);
    validity.seconds_left = seconds_until(until);
    validity.seconds_in_all = seconds_between(from, until);
    return validity;
}

}  // namespace

Result<Material> build_context(const TlsFiles& files, TlsRole role) {
    auto context = empty_context(role);
    if (!context) return tl::unexpected(context.error());
    Material material;
    material.context = std::move(*context);
    if (auto done = use_identity(material.context->native_handle(), files, role, material.leaf);
        !done) {
        return tl::unexpected(done.error());
    }
    // A server may skip the peer check; a client never may.
    if (role == TlsRole::client || !files.ca.empty()) {
        if (auto done = use_authorities(material, files, role); !done) {
            return tl::unexpected(done.error());
        }
    }
    return material;
}

CertificateReport report_of(const TlsFiles& files, const Material& material) {
    CertificateReport report;
    const X509* leaf = material.leaf.get();
    report.certificate = validity_of({files.certificate_name, files.certificate},
                                     X509_get0_notBefore(leaf), X509_get0_notAfter(leaf));
    for (const CrlPtr& list : material.crls) {
        const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list.get());
        if (next == nullptr) continue;
        Validity validity =
            validity_of({files.crl_name, files.crl}, X509_CRL_get0_lastUpdate(list.get()), next);
        const bool is_first = !report.list || validity.seconds_left < report.list->seconds_left;
        if (is_first) report.list = std::move(validity);
    }
    if (!files.ca.empty()) report.authorities_setting = files.ca_name;
    report.without_list = material.without_list;
    return report;
}

std::string trouble_of(const TlsFiles& files, const Material& material) {
    const NamedFile certificate{files.certificate_name, files.certificate};
    auto trouble = time_trouble(certificate, material.leaf.get());
    if (!trouble.empty()) return trouble;
    const NamedFile crl_file{files.crl_name, files.crl};
    return crl_trouble(crl_file, material.crls);
}

}  // namespace edgeroll::tls
