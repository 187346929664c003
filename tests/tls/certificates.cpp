#include "certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "tls/peer.hpp"

namespace edgeroll::tls::test {
namespace {

void require(bool is_good) {
    if (!is_good) throw std::runtime_error("a test certificate cannot be made: " + openssl_error());
}

std::string text_of(const std::function<int(BIO*)>& write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
    require(write(bio.get()) == 1);
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(length)};
}

void add_extension(X509* certificate, int nid, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()), &X509_EXTENSION_free);
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Pair make(const Spec& spec, const Pair* issuer) {
    Pair pair;
    pair.key.reset(EVP_EC_gen("P-256"));
    pair.certificate.reset(X509_new());
    X509* certificate = pair.certificate.get();
    require(pair.key && certificate != nullptr && X509_set_version(certificate, 2) == 1);
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U) == 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), spec.from_sec);
    X509_gmtime_adj(X509_getm_notAfter(certificate), spec.until_sec);
    X509_NAME* subject = X509_get_subject_name(certificate);
    require(X509_NAME_add_entry_by_txt(
                subject, "CN", MBSTRING_UTF8,
                reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1, -1, 0) == 1);
    require(X509_set_issuer_name(
                certificate,
                issuer == nullptr ? subject : X509_get_subject_name(issuer->certificate.get())) ==
            1);
    require(X509_set_pubkey(certificate, pair.key.get()) == 1);
    add_extension(certificate, NID_basic_constraints,
                  spec.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(certificate, NID_key_usage,
                  spec.is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (!spec.usage.empty()) add_extension(certificate, NID_ext_key_usage, spec.usage);
    if (!spec.names.empty()) add_extension(certificate, NID_subject_alt_name, spec.names);
    EVP_PKEY* signer = issuer == nullptr ? pair.key.get() : issuer->key.get();
    require(X509_sign(certificate, signer, EVP_sha256()) > 0);
    return pair;
}

}  // namespace

Folder::Folder() {
    std::string name = std::filesystem::temp_directory_path() / "edgeroll-tls-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
}
Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}
std::string Folder::path(const std::string& name) const {
    return folder_ / name;
}
void Folder::write(const std::string& name, const std::string& text) const {
    // Replaced atomically, as a careful administrator does.
    const std::string temporary = path(name) + ".new";
    std::ofstream(temporary, std::ios::binary) << text;
    std::filesystem::permissions(temporary, static_cast<std::filesystem::perms>(0600));
    std::filesystem::rename(temporary, path(name));
}

Spec control_spec() {
    Spec spec;
    spec.common_name = "control";
    spec.names = "URI:spiffe://test.local/edgeroll/control";
    spec.usage = "clientAuth";
    return spec;
}

Spec agent_spec(const std::string& ip, const std::string& name) {
    Spec spec;
    spec.common_name = name;
    spec.names = "URI:spiffe://test.local/edgeroll/agent/" + name + ",DNS:" + name + ",IP:" + ip;
    spec.usage = "serverAuth";
    return spec;
}

std::string Pair::fingerprint() const {
    return fingerprint_of(certificate.get());
}

std::string Pair::certificate_pem() const {
    return text_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

std::string Pair::key_pem(const std::string& password) const {
    return text_of([&](BIO* bio) {
        const EVP_CIPHER* cipher = password.empty() ? nullptr : EVP_aes_128_cbc();
        return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), cipher, password.c_str(),
                                             static_cast<int>(password.size()), nullptr, nullptr);
    });
}

Authority::Authority(const std::string& name) {
    Spec spec;
    spec.common_name = name;
    spec.is_ca = true;
    own_ = make(spec, nullptr);
}

Authority::Authority(const std::string& name, const Authority& issuer) {
    Spec spec;
    spec.common_name = name;
    spec.is_ca = true;
    own_ = issuer.issue(spec);
}

Pair Authority::issue(const Spec& spec) const {
    return make(spec, &own_);
}

std::string Authority::crl_pem(const std::vector<const Pair*>& revoked, long until_sec,
                               long from_sec) const {
    const CrlPtr crl(X509_CRL_new());
    require(crl && X509_CRL_set_version(crl.get(), 1) == 1);
    require(X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(own_.certificate.get())) ==
            1);
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> from(
        X509_gmtime_adj(nullptr, from_sec), &ASN1_TIME_free);
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> until(
        X509_gmtime_adj(nullptr, until_sec), &ASN1_TIME_free);
    require(X509_CRL_set1_lastUpdate(crl.get(), from.get()) == 1);
    require(X509_CRL_set1_nextUpdate(crl.get(), until.get()) == 1);
    for (const Pair* pair : revoked) {
        X509_REVOKED* entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(pair->certificate.get()));
        X509_REVOKED_set_revocationDate(entry, from.get());
        require(X509_CRL_add0_revoked(crl.get(), entry) == 1);
    }
    require(X509_CRL_sign(crl.get(), own_.key.get(), EVP_sha256()) > 0);
    return text_of([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, crl.get()); });
}

Pair self_signed(const Spec& spec) {
    return make(spec, nullptr);
}

TlsFiles write_files(const Folder& folder, const std::string& name, const Pair& pair,
                     const std::string& ca_pem, const std::string& crl_pem) {
    folder.write(name + ".key", pair.key_pem());
    folder.write(name + ".crt", pair.certificate_pem());
    folder.write(name + "-ca.crt", ca_pem);
    TlsFiles files;
    files.certificate = folder.path(name + ".crt");
    files.key = folder.path(name + ".key");
    files.ca = folder.path(name + "-ca.crt");
    if (!crl_pem.empty()) {
        folder.write(name + ".crl", crl_pem);
        files.crl = folder.path(name + ".crl");
    }
    files.certificate_name = "T_CERT";
    files.key_name = "T_KEY";
    files.ca_name = "T_CA";
    files.crl_name = "T_CRL";
    return files;
}

}  // namespace edgeroll::tls::test
