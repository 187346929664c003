#include "release/crypto/hmac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

namespace edgeroll::release {

std::string hmac_sha256(std::string_view key, std::string_view text) {
    std::string digest(32, '\0');
    unsigned length = 0;
    const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                            reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                            reinterpret_cast<unsigned char*>(digest.data()), &length);
    // With bytes in memory this fails only if OpenSSL itself is broken.
    if (done == nullptr || length != digest.size()) std::abort();
    return digest;
}

bool is_equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace edgeroll::release
