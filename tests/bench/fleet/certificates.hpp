// Certificates of the fleet: one for each node, signed at the start (docs/contract.md section 2.5).
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "release/result.hpp"

namespace edgeroll::bench {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* value) const {
        Free(value);
    }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<&EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<&X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Freed<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<&SSL_free>>;

/// The authority, and the one key that all nodes share: making keys is no part of what is measured.
struct Issuer {
    CertificatePtr authority;
    KeyPtr authority_key;
    KeyPtr key;
};

release::Result<Issuer> read_issuer(const std::string& ca_path, const std::string& key_path);

release::Result<CertificatePtr> issue(const Issuer& issuer, const std::string& domain,
                                      const std::string& name, const std::string& address);

/// TLS 1.3 that demands a client certificate of the authority, without tickets, as the agent does.
release::Result<ContextPtr> server_context(const Issuer& issuer);

/// Whether the client of a finished handshake is a control: its URI says so.
bool is_control(SSL* ssl);

}  // namespace edgeroll::bench
