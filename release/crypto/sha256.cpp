#include "release/crypto/sha256.hpp"

#include <openssl/evp.h>

#include <array>

#include "release/crypto/openssl_demand.hpp"
#include "release/text/digits.hpp"

namespace edgeroll::release {

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    demand(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::string_view bytes) {
    demand(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish() {
    std::array<unsigned char, 32> digest{};
    demand(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return hex_of({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string sha256_hex(std::string_view bytes) {
    Sha256 digest;
    digest.add(bytes);
    return digest.finish();
}

}  // namespace edgeroll::release
