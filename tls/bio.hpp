// OpenSSL memory streams, as needed to read PEM.
#pragma once

#include <openssl/bio.h>

#include <memory>

namespace edgeroll::tls {

struct FreeBio {
    void operator()(BIO* p) const { BIO_free(p); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

}  // namespace edgeroll::tls
