#include "tls/tls_errors.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <memory>

namespace edgeroll::tls {
namespace {

bool is_certificate_alert(int alert) {
    switch (alert) {
        case SSL_AD_HANDSHAKE_FAILURE:  // TLS 1.2: a required certificate is missing
        case SSL_AD_NO_CERTIFICATE:
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case SSL_AD_ACCESS_DENIED:
        case SSL_AD_DECRYPT_ERROR:  // the proof of the key failed
        case SSL_AD_CERTIFICATE_REQUIRED:
            return true;
        default:
            return false;
    }
}

int ssl_reason(const boost::system::error_code& ec) {
    if (ec.category() != boost::asio::error::get_ssl_category()) return 0;
    const auto code = static_cast<unsigned long>(static_cast<unsigned>(ec.value()));
    return ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
}

bool is_not_verified(const boost::system::error_code& ec, const SSL* session) {
    return session != nullptr && ec.category() == boost::asio::error::get_ssl_category() &&
           ssl_reason(ec) < SSL_AD_REASON_OFFSET && SSL_get_verify_result(session) != X509_V_OK;
}

}  // namespace

bool is_certificate_trouble(const boost::system::error_code& ec, const SSL* session) {
    if (is_not_verified(ec, session)) return true;
    const int reason = ssl_reason(ec);
    switch (reason) {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
        case SSL_R_EE_KEY_TOO_SMALL:
        case SSL_R_CA_KEY_TOO_SMALL:
        case SSL_R_CA_MD_TOO_WEAK:
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return true;
        default:
            break;
    }
    return reason > SSL_AD_REASON_OFFSET && is_certificate_alert(reason - SSL_AD_REASON_OFFSET);
}

std::string describe(const boost::system::error_code& ec, const SSL* session) {
    const int reason = ssl_reason(ec);
    if (is_not_verified(ec, session)) {
        return std::string("the peer's certificate was not accepted (") +
               X509_verify_cert_error_string(SSL_get_verify_result(session)) + ")";
    }
    if (reason > SSL_AD_REASON_OFFSET) {
        const int alert = reason - SSL_AD_REASON_OFFSET;
        const std::string name = SSL_alert_desc_string_long(alert);
        if (is_certificate_alert(alert)) {
            return "the peer did not accept our certificate (" + name + ")";
        }
        return "the peer ended the TLS connection (" + name + ")";
    }
    if (ec == boost::asio::ssl::error::stream_truncated || ec == boost::asio::error::eof) {
        return "the peer closed the connection";
    }
    if (reason == SSL_R_WRONG_VERSION_NUMBER) return "the peer does not speak TLS on this port";
    return ec.message();
}

std::string verify_client_again(const SSL* session, SSL_CTX* context) {
    const std::unique_ptr<X509, decltype(&X509_free)> leaf(SSL_get1_peer_certificate(session),
                                                           &X509_free);
    if (!leaf) return "no client certificate";
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(
        X509_STORE_CTX_new(), &X509_STORE_CTX_free);
    if (!check || X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context), leaf.get(),
                                      SSL_get_peer_cert_chain(session)) != 1) {
        return "the certificate cannot be checked";
    }
    X509_STORE_CTX_set_default(check.get(), "ssl_client");
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(check.get()),
                                     SSL_CTX_get_security_level(context));
    if (X509_verify_cert(check.get()) == 1) return {};
    return X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

}  // namespace edgeroll::tls
