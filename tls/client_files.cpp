#include "tls/client_files.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "tls/bio.hpp"
#include "tls/rt/settings.hpp"

namespace edgeroll::tls {
namespace {

using release::fail;
using release::Result;

constexpr int rsa_bits_min = 2048;

std::string readable(const char* variable, const char* otherwise) {
    const auto environment = rt::environment();
    const auto said = environment.find(variable);
    const std::string path = said != environment.end() ? said->second : otherwise;
    return !path.empty() && ::access(path.c_str(), R_OK) == 0 ? path : std::string();
}

}  // namespace

Result<void> check_authorities(const NamedFile& file) {
    const auto certificates = read_certificates(file);
    if (!certificates) return tl::unexpected(certificates.error());
    return {};
}

Result<void> check_pair(const NamedFile& certificate, const NamedFile& key, rt::LooseFiles loose) {
    const auto chain = read_certificates(certificate);
    if (!chain) return tl::unexpected(chain.error());
    const auto pair = read_key(key, loose);
    if (!pair) return tl::unexpected(pair.error());
    X509* const leaf = chain->front().get();
    if (X509_check_private_key(leaf, pair->get()) != 1) {
        ERR_clear_error();
        return fail(key.label() + ": is not the key of " + certificate.label() +
                    "; give the key that the certificate was made for");
    }
    if (is_past(X509_get0_notAfter(leaf))) {
        return fail(certificate.label() + ": expired at " + text_of(X509_get0_notAfter(leaf)) +
                    "; renew it");
    }
    return {};
}

Result<void> check_rsa_public_key(const NamedFile& file) {
    errno = 0;
    const BioPtr bio(BIO_new_file(file.path.c_str(), "rb"));
    if (!bio) {
        const std::string reason = std::strerror(errno);
        ERR_clear_error();
        return fail(file.label() + ": cannot be read (" + reason +
                    "); give the path of a PEM file that this user may read");
    }
    const KeyPtr key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1) {
        return fail(
            file.label() +
            ": holds no RSA public key; give the server's public_key.pem (BEGIN PUBLIC KEY)");
    }
    if (EVP_PKEY_get_bits(key.get()) < rsa_bits_min) {
        return fail(file.label() + ": is shorter than 2048 bits; make the server a new key");
    }
    return {};
}

SystemAuthorities system_authorities() {
    return {readable(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
            readable(X509_get_default_cert_dir_env(), X509_get_default_cert_dir())};
}

}  // namespace edgeroll::tls
