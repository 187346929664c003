#include "control/secrets/secret_keys.hpp"

#include <gtest/gtest.h>

#include "release/crypto/aes_gcm.hpp"
#include "release/crypto/random.hpp"
#include "release/text/digits.hpp"

namespace edgeroll::control {
namespace {

using release::gcm_open;
using release::gcm_seal;
using release::gcm_tag_bytes;
using release::GcmBox;

const std::string one(64, '1'), two(64, 'a');

std::string error_of(const std::string& text) {
    const auto keys = SecretKeys::parse(text);
    return keys ? "accepted" : keys.error().message;
}

TEST(SecretKeys, are_a_key_a_line_and_the_first_one_seals) {
    const auto keys = SecretKeys::parse("# made today\n\n  " + one + "\r\n" + std::string(64, 'A'));
    ASSERT_TRUE(keys) << keys.error().message;
    EXPECT_EQ(keys->size(), 2U);
    EXPECT_EQ(keys->own_key(), std::string(32, '\x11'));
    EXPECT_EQ(keys->own_id().size(), 16U);
    const auto turned = SecretKeys::parse(two + "\n" + one);
    EXPECT_EQ(*turned->find(keys->own_id()), keys->own_key())
        << "an id is the key's, not the place's";
    EXPECT_NE(turned->own_id(), keys->own_id());
    EXPECT_EQ(keys->find("0000000000000000"), nullptr);
    EXPECT_EQ(one.find(keys->own_id()), std::string::npos);
}

TEST(SecretKeys, say_what_is_wrong_without_a_key) {
    const std::string short_key(62, '7'), bad_digit = std::string(63, '7') + "g";
    EXPECT_EQ(error_of(""), "holds no key: make one with openssl rand -hex 32");
    EXPECT_EQ(error_of("# " + one), "holds no key: make one with openssl rand -hex 32");
    for (const std::string& text : {short_key, bad_digit, one + "11", one + " " + two}) {
        EXPECT_EQ(error_of(text).find("777"), std::string::npos);
        EXPECT_NE(error_of(text).find("64 hex digits"), std::string::npos) << error_of(text);
    }
    EXPECT_EQ(error_of(one + "\n" + one), "holds the same key twice");
    std::string many;
    for (int i = 0; i < 17; ++i)
        many += release::random_hex(32) + "\n";
    EXPECT_EQ(error_of(many), "holds more than 16 keys");
}

/// NIST SP 800-38D, test case 16 of the authors (McGrew, Viega): AES-256 with associated data.
TEST(Gcm, opens_a_box_of_the_standard) {
    const auto bytes = [](const char* digits) { return *release::bytes_of_hex(digits); };
    const std::string key =
        bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const GcmBox box{
        bytes("cafebabefacedbaddecaf888"),
        bytes("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b0"
              "8b1056828838c5f61e6393ba7a0abcc9f662"
              "76fc6ece0f4e1768cddf8853bb2d551b")};
    const std::string bound = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto text = gcm_open(key, box, bound);
    ASSERT_TRUE(text);
    EXPECT_EQ(
        release::hex_of(*text),
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e"
        "2449a6b525b16aedf5aa0de657ba637b39");
}

TEST(Gcm, opens_what_it_sealed_and_nothing_else) {
    const std::string key(32, 'k'), text = "the text";
    const GcmBox box = gcm_seal(key, text, "bound");
    EXPECT_EQ(box.ciphertext.size(), text.size() + gcm_tag_bytes);
    EXPECT_EQ(box.ciphertext.find(text), std::string::npos);
    EXPECT_EQ(gcm_open(key, box, "bound"), text);
    EXPECT_NE(gcm_seal(key, text, "bound").nonce, box.nonce);
    EXPECT_FALSE(gcm_open(std::string(32, 'l'), box, "bound"));
    EXPECT_FALSE(gcm_open(key, box, "bounds"));
    for (std::size_t i = 0; i < box.ciphertext.size(); ++i) {
        GcmBox other = box;
        other.ciphertext[i] = static_cast<char>(other.ciphertext[i] ^ 1);
        EXPECT_FALSE(gcm_open(key, other, "bound")) << i;
    }
    GcmBox cut = box;
    cut.ciphertext.resize(gcm_tag_bytes - 1);
    EXPECT_FALSE(gcm_open(key, cut, "bound"));
    cut = box;
    cut.nonce.pop_back();
    EXPECT_FALSE(gcm_open(key, cut, "bound"));
    EXPECT_EQ(gcm_open(key, gcm_seal(key, "", ""), ""), "");
}

}  // namespace
}  // namespace edgeroll::control
