#include "release/crypto/aes_gcm.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include "release/crypto/openssl_demand.hpp"

namespace edgeroll::release {
namespace {

struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

unsigned char* bytes(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
int size_in_int(std::string_view text) {
    demand(text.size() < (1U << 30U));
    return static_cast<int>(text.size());
}

}  // namespace

GcmBox gcm_seal(std::string_view key, std::string_view text, std::string_view bound) {
    demand(key.size() == aes_key_bytes);
    GcmBox box;
    box.nonce.resize(gcm_nonce_bytes);
    demand(RAND_bytes(bytes(box.nonce), size_in_int(box.nonce)) == 1);
    box.ciphertext.resize(text.size() + gcm_tag_bytes);
    const Context context(EVP_CIPHER_CTX_new());
    demand(context != nullptr);
    demand(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(key),
                              bytes(box.nonce)) == 1);
    int done = 0;
    demand(EVP_EncryptUpdate(context.get(), nullptr, &done, bytes(bound), size_in_int(bound)) == 1);
    demand(EVP_EncryptUpdate(context.get(), bytes(box.ciphertext), &done, bytes(text),
                             size_in_int(text)) == 1);
    demand(EVP_EncryptFinal_ex(context.get(), bytes(box.ciphertext) + done, &done) == 1);
    demand(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(gcm_tag_bytes),
                               bytes(box.ciphertext) + text.size()) == 1);
    return box;
}

std::optional<std::string> gcm_open(std::string_view key, const GcmBox& box,
                                    std::string_view bound) {
    demand(key.size() == aes_key_bytes);
    if (box.nonce.size() != gcm_nonce_bytes || box.ciphertext.size() < gcm_tag_bytes) {
        return std::nullopt;
    }
    const std::string_view hidden =
        std::string_view(box.ciphertext).substr(0, box.ciphertext.size() - gcm_tag_bytes);
    std::string tag = box.ciphertext.substr(hidden.size());
    std::string text(hidden.size(), '\0');
    const Context context(EVP_CIPHER_CTX_new());
    demand(context != nullptr);
    demand(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(key),
                              bytes(std::string_view(box.nonce))) == 1);
    int done = 0;
    demand(EVP_DecryptUpdate(context.get(), nullptr, &done, bytes(bound), size_in_int(bound)) == 1);
    demand(EVP_DecryptUpdate(context.get(), bytes(text), &done, bytes(hidden),
                             size_in_int(hidden)) == 1);
    demand(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(gcm_tag_bytes),
                               bytes(tag)) == 1);
    if (EVP_DecryptFinal_ex(context.get(), bytes(text) + done, &done) != 1) return std::nullopt;
    return text;
}

}  // namespace edgeroll::release
