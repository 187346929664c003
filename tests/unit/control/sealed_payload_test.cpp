#include "control/secrets/sealed_payload.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "release/text/base64.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::control {
namespace {

using release::wire::dump_json;
using release::wire::Json;

SecretKeys keys_of(const std::string& text) {
    return SecretKeys::parse(text).value();
}
const std::string old_key(64, '1'), new_key(64, '2');

/// A key, a template, bytes that are no text, and a public file.
std::string payload_text() {
    const Json files = {
        {{"path", "tls/key.pem"}, {"content", "-----BEGIN\nabc\n"}, {"secret", true}},
        {{"path", "a/token"},
         {"content", "t=${node.name}"},
         {"secret", true},
         {"template", true},
         {"mode", "0600"}},
        {{"path", "raw"},
         {"content", release::encode_base64(std::string("\xff\x00\x01", 3))},
         {"encoding", "base64"},
         {"secret", true}},
        {{"path", "site.conf"}, {"content", "listen 80;"}}};
    return dump_json({{"files", files}});
}

std::string digest_of(const std::string& text) {
    return release::wire::content_digest(release::wire::parse_stored_payload(text).value());
}

TEST(SealedPayload, hides_secrets_and_gives_them_back_byte_for_byte) {
    const SecretKeys keys = keys_of(old_key);
    const std::string sealed = seal_secrets(payload_text(), keys).value();
    for (const char* secret : {"BEGIN", "t=${", "/wAB", "LS0tLS1CRUdJTg"}) {
        EXPECT_EQ(sealed.find(secret), std::string::npos) << secret;
    }
    EXPECT_NE(sealed.find("listen 80;"), std::string::npos);
    EXPECT_EQ(digest_of(sealed), digest_of(payload_text()));
    EXPECT_EQ(open_secrets(sealed, &keys).value(), payload_text());
    EXPECT_EQ(sealing_keys(sealed).value(), std::set<std::string>{keys.own_id()});
    EXPECT_EQ(sealing_keys(payload_text()).value(), std::set<std::string>{""});
    EXPECT_EQ(seal_secrets(sealed, keys_of(new_key)).value(), sealed) << "sealed ones stay";
    EXPECT_FALSE(release::wire::parse_payload(sealed)) << "nobody sends such a thing";
}

TEST(SealedPayload, is_sealed_anew_by_another_key) {
    const SecretKeys both = keys_of(new_key + "\n" + old_key), last = keys_of(new_key);
    const std::string sealed = seal_secrets(payload_text(), keys_of(old_key)).value();
    EXPECT_FALSE(open_secrets(sealed, &last));
    const std::string again = reseal_secrets(sealed, both).value();
    EXPECT_EQ(open_secrets(again, &last).value(), payload_text());
    EXPECT_EQ(sealing_keys(again).value(), std::set<std::string>{last.own_id()});
}

TEST(SealedPayload, says_which_file_and_which_key) {
    const SecretKeys keys = keys_of(old_key), other = keys_of(new_key);
    const std::string sealed = seal_secrets(payload_text(), keys).value();
    EXPECT_EQ(open_secrets(sealed, nullptr).error().message,
              "file 'tls/key.pem' is a sealed secret, and SECRETS_KEY_FILE is not set");
    EXPECT_EQ(open_secrets(sealed, &other).error().message,
              "file 'tls/key.pem' is sealed by the key " + keys.own_id() +
                  ", which SECRETS_KEY_FILE does not hold: add that key to it");
    EXPECT_TRUE(open_secrets(payload_text(), nullptr)) << "nothing is sealed";
}

TEST(SealedPayload, is_not_opened_after_any_change) {
    const SecretKeys keys = keys_of(old_key);
    const std::string sealed = seal_secrets(payload_text(), keys).value();
    const auto opens = [&](const std::function<void(Json&)>& change) {
        Json json = Json::parse(sealed);
        for (Json& file : json["files"])
            if (file["path"] == "tls/key.pem") change(file);
        return open_secrets(dump_json(json), &keys).has_value();
    };
    EXPECT_TRUE(opens([](Json&) {}));
    EXPECT_FALSE(opens([](Json& file) { file["path"] = "www/key.pem"; })) << "moved to be served";
    EXPECT_FALSE(opens([](Json& file) { file["mode"] = "0600"; }));
    EXPECT_FALSE(opens([](Json& file) { file["template"] = true; }));
    EXPECT_FALSE(opens([](Json& file) { file["sealed"]["sha256"] = std::string(64, 'a'); }));
    EXPECT_FALSE(opens([](Json& file) {
        file["sealed"]["nonce"] = release::encode_base64(std::string(12, 'x'));
    }));
    EXPECT_FALSE(opens([](Json& file) { file["secret"] = false; })) << "sealed and not secret";
}

TEST(SealedPayload, belongs_to_the_content_that_it_was_sealed_in) {
    const SecretKeys keys = keys_of(old_key);
    Json json = Json::parse(seal_secrets(payload_text(), keys).value());
    json["files"].push_back({{"path", "other.conf"}, {"content", "location / { alias /live; }"}});
    EXPECT_FALSE(open_secrets(dump_json(json), &keys)) << "another configuration beside it";
}

TEST(SealedPayload, of_other_types_is_shown_as_it_is) {
    for (const char* text :
         {R"({"job":"rotate-secret","args":["sealed"]})", R"({"purge":["/caf\u00e9"]})"}) {
        EXPECT_EQ(without_secrets(text), text);
    }
}

TEST(SealedPayload, is_shown_without_its_secrets) {
    const std::string sealed = seal_secrets(payload_text(), keys_of(old_key)).value();
    for (const std::string& text : {payload_text(), sealed}) {
        const Json shown = Json::parse(without_secrets(text));
        for (const Json& file : shown["files"]) {
            if (file["path"] == "site.conf") {
                EXPECT_EQ(file["content"], "listen 80;");
                continue;
            }
            EXPECT_FALSE(file.contains("content") || file.contains("sealed"));
            EXPECT_EQ(file["sha256"].get<std::string>().size(), 64U);
        }
        EXPECT_EQ(shown["files"][0]["bytes"], 15);
    }
    EXPECT_EQ(without_secrets(R"({"job":"warm"})"), R"({"job":"warm"})");
    EXPECT_EQ(without_secrets(R"({"files":[{"path":"x","content":"p","secret":true,"no":1}]})"), "")
        << "what cannot be read may hold a secret";
    EXPECT_EQ(
        without_secrets(R"({"files":[{"path":"x","content":"p","s\u0065cret":true,"no":1}]})"), "");
}

TEST(SealedPayload, has_room_for_the_largest_secret) {
    const SecretKeys keys = keys_of(old_key);
    Json files = {{{"path", "big"}, {"content", ""}, {"secret", true}}};
    const std::size_t rest = dump_json({{"files", files}}).size();
    files[0]["content"] = std::string(release::wire::payload_bytes_max - rest, 'x');
    const std::string text = dump_json({{"files", files}});
    ASSERT_EQ(text.size(), release::wire::payload_bytes_max);
    const std::string sealed = seal_secrets(text, keys).value();
    EXPECT_TRUE(open_secrets(sealed, &keys).value() == text);
    files = Json::array();
    for (std::size_t i = 0; i < release::wire::secret_files_max; ++i)
        files.push_back({{"path", std::to_string(i)}, {"content", ""}, {"secret", true}});
    const std::string many = dump_json({{"files", files}});
    const std::size_t more = seal_secrets(many, keys).value().size() - many.size();
    EXPECT_LT(sealed.size() + more, release::wire::stored_payload_bytes_max) << "both at once fit";
    // A content that no client could have sent is not sealed either.
    files = {{{"path", "big"}, {"content", text}, {"secret", true}}};
    EXPECT_FALSE(seal_secrets(dump_json({{"files", files}}), keys));
}

}  // namespace
}  // namespace edgeroll::control
