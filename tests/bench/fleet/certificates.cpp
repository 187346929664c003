#include "tests/bench/fleet/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <string_view>

namespace edgeroll::bench {
namespace {

using release::fail;
using FilePtr = std::unique_ptr<std::FILE, Freed<&std::fclose>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<&GENERAL_NAMES_free>>;

constexpr long backdated_sec = -3600;
constexpr long life_sec = 30L * 24 * 3600;

std::string openssl_error() {
    std::array<char, 200> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

bool add_extension(X509* certificate, X509* authority, int id, const std::string& value) {
    X509V3_CTX about;
    X509V3_set_ctx_nodb(&about);
    X509V3_set_ctx(&about, authority, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &about, id, value.c_str());
    if (extension == nullptr) return false;
    const bool is_added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

bool set_serial(X509* certificate) {
    std::uint64_t serial = 0;
    return RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U | 1U) == 1;
}

bool set_subject(X509* certificate, const std::string& name) {
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                      0) == 1;
}

}  // namespace

release::Result<Issuer> read_issuer(const std::string& ca_path, const std::string& key_path) {
    Issuer issuer;
    const FilePtr ca(std::fopen(ca_path.c_str(), "r"));
    if (ca) issuer.authority.reset(PEM_read_X509(ca.get(), nullptr, nullptr, nullptr));
    if (!issuer.authority) return fail("cannot read the authority's certificate " + ca_path);
    const FilePtr key(std::fopen(key_path.c_str(), "r"));
    if (key) issuer.authority_key.reset(PEM_read_PrivateKey(key.get(), nullptr, nullptr, nullptr));
    if (!issuer.authority_key) return fail("cannot read the authority's key " + key_path);
    if (X509_check_private_key(issuer.authority.get(), issuer.authority_key.get()) != 1) {
        return fail("the key " + key_path + " does not fit the certificate " + ca_path);
    }
    issuer.key.reset(EVP_EC_gen("P-256"));
    if (!issuer.key) return fail("cannot make a key (" + openssl_error() + ")");
    return issuer;
}

release::Result<CertificatePtr> issue(const Issuer& issuer, const std::string& domain,
                                      const std::string& name, const std::string& address) {
    CertificatePtr made(X509_new());
    X509* certificate = made.get();
    X509* authority = issuer.authority.get();
    const std::string names =
        "URI:spiffe://" + domain + "/edgeroll/agent/" + name + ",DNS:" + name + ",IP:" + address;
    const bool is_made =
        certificate != nullptr && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        set_serial(certificate) && set_subject(certificate, name) &&
        X509_set_issuer_name(certificate, X509_get_subject_name(authority)) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), backdated_sec) != nullptr &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), life_sec) != nullptr &&
        X509_set_pubkey(certificate, issuer.key.get()) == 1 &&
        add_extension(certificate, authority, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(certificate, authority, NID_ext_key_usage, "serverAuth") &&
        add_extension(certificate, authority, NID_subject_alt_name, names) &&
        X509_sign(certificate, issuer.authority_key.get(), EVP_sha256()) > 0;
    if (!is_made) {
        return fail("cannot make the certificate of " + name + " (" + openssl_error() + ")");
    }
    return made;
}

release::Result<ContextPtr> server_context(const Issuer& issuer) {
    ContextPtr made(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = made.get();
    if (context == nullptr) return fail("cannot set up TLS (" + openssl_error() + ")");
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN |
                                  SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    const bool is_set =
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
        SSL_CTX_set_num_tickets(context, 0) == 1 &&
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), issuer.authority.get()) == 1 &&
        SSL_CTX_add_client_CA(context, issuer.authority.get()) == 1;
    if (!is_set) return fail("cannot set up TLS (" + openssl_error() + ")");
    return made;
}

bool is_control(SSL* ssl) {
    constexpr std::string_view ending = "/edgeroll/control";
    const X509* client = SSL_get0_peer_certificate(ssl);
    if (client == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return false;
    const NamesPtr names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(client, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_URI) continue;
        const ASN1_STRING* uri = name->d.uniformResourceIdentifier;
        const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                    static_cast<std::size_t>(ASN1_STRING_length(uri)));
        if (text.starts_with("spiffe://") && text.ends_with(ending)) return true;
    }
    return false;
}

}  // namespace edgeroll::bench
