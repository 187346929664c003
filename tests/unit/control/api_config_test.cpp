#include "api_fixture.hpp"
#include "control/secrets/sealed_payload.hpp"
#include "release/wire/payload.hpp"

#include "release/crypto/sha256.hpp"

namespace edgeroll::control::api {
namespace {

class ApiConfig : public ApiTest {
  protected:
    Said put(const std::string& body) { return ask("PUT", "/api/v1/configs/42", body); }
};

TEST_F(ApiConfig, stores_content_with_its_digest) {
    const Said said = put(R"({"payload":{"files":[{"path":"a","content":"x"}]},"note":"first"})");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_EQ(store.config_put.version, release::Version{42});
    EXPECT_EQ(store.config_put.note, "first");
    EXPECT_EQ(store.config_put.created_by, "root");
    EXPECT_EQ(store.config_put.sha256, release::sha256_hex("a\n0644\n1\nx"));
    EXPECT_EQ(Json::parse(store.config_put.payload),
              Json::parse(R"({"files":[{"path":"a","content":"x"}]})"));
    EXPECT_EQ(said.data()["version"], 42);
    EXPECT_EQ(said.data()["sha256"], store.config_put.sha256);
    EXPECT_FALSE(said.data().contains("payload"));
    EXPECT_EQ(said.data()["outcome"], "stored");
}

TEST_F(ApiConfig, says_what_storing_came_to) {
    const char* body = R"({"payload":{"files":[{"path":"a","content":"x"}]}})";
    store.config_outcome = ConfigView::Outcome::unchanged;
    EXPECT_EQ(put(body).data()["outcome"], "unchanged");
    store.config_outcome = ConfigView::Outcome::replaced;
    EXPECT_EQ(put(body).data()["outcome"], "replaced");
    EXPECT_FALSE(ask("GET", "/api/v1/configs/42").data().contains("outcome"));
}

TEST_F(ApiConfig, refuses_hostile_content) {
    for (const char* body :
         {R"({})", R"({"payload":null})", R"({"payload":"x"})", R"({"payload":{}})",
          R"({"payload":{"files":[]}})", R"({"payload":{"files":[{"path":"../x","content":""}]}})",
          R"({"payload":{"files":[{"path":"/x","content":""}]}})",
          R"({"payload":{"files":[{"path":"x","content":""},{"path":"x","content":""}]}})",
          R"({"payload":{"files":[{"path":"x","content":""}]},"force":true})",
          R"({"payload":{"files":[{"path":"x","content":""}]},"note":1})", "", "{"}) {
        const Said said = put(body);
        EXPECT_EQ(said.status, 400) << body;
        EXPECT_EQ(said.code(), 2002) << body;
    }
    EXPECT_EQ(ask("PUT", "/api/v1/configs/zero", "{}").code(), 2002);
    EXPECT_EQ(ask("PUT", "/api/v1/configs/0", "{}").code(), 2002);
    EXPECT_EQ(ask("PUT", "/api/v1/configs/9007199254740992", "{}").message(),
              "the version must be at most 9007199254740991");
    EXPECT_TRUE(store.calls.empty());
}

TEST_F(ApiConfig, stores_what_other_types_are_given) {
    const Said said = put(R"({"payload":{"job":"warm","args":["a"]}})");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_EQ(said.data()["sha256"], release::sha256_hex(R"({"args":["a"],"job":"warm"})"));
    EXPECT_EQ(put(R"({"payload":{"job":"warm","files":[]}})").code(), 2002)
        << "with files it is a set of files and nothing else";
}

TEST_F(ApiConfig, takes_8_mib_and_not_more) {
    const auto body_of = [](std::size_t payload_bytes) {
        const std::string frame = R"({"files":[{"content":"","path":"x"}]})";
        std::string payload = R"({"files":[{"content":")";
        payload += std::string(payload_bytes - frame.size(), 'a') + R"(","path":"x"}]})";
        return R"({"payload":)" + payload + "}";
    };
    EXPECT_EQ(put(body_of(release::wire::payload_bytes_max)).status, 200);
    const Said refused = put(body_of(release::wire::payload_bytes_max + 1));
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(refused.code(), 2002);
}

TEST_F(ApiConfig, shows_content) {
    store.stored_config.version = release::Version{42};
    store.stored_config.payload = R"({"files":[{"path":"a","content":"x"}]})";
    store.stored_config.created_at = "2026-01-01T00:00:00.000Z";
    const Json data = ask("GET", "/api/v1/configs/42").data();
    EXPECT_EQ(store.id, 42);
    EXPECT_EQ(data["payload"]["files"][0]["content"], "x");
    EXPECT_EQ(data["createdAt"], "2026-01-01T00:00:00.000Z");
    store.stored_config.payload = "inserted by hand \xff";
    EXPECT_EQ(ask("GET", "/api/v1/configs/42").data()["payload"], "inserted by hand \xEF\xBF\xBD");
}

TEST_F(ApiConfig, reads_one_content_at_a_time_and_lets_few_wait) {
    store.stored_config.payload = R"({"files":[{"path":"a","content":"x"}]})";
    int shown = 0;
    int refused = 0;
    for (const Said& said : ask_at_once(40, "/api/v1/configs/42")) {
        if (said.status == 200) ++shown;
        if (said.status == 503 && said.code() == 5003) ++refused;
    }
    EXPECT_EQ(store.config_reads_max, 1);
    EXPECT_EQ(shown, 32);
    EXPECT_EQ(refused, 8);
    EXPECT_EQ(ask("GET", "/api/v1/configs/42").status, 200) << "the place is free again";
}

TEST_F(ApiConfig, reads_on_after_a_call_that_threw) {
    store.throws = true;
    EXPECT_EQ(ask("GET", "/api/v1/configs/42").status, 500);
    store.throws = false;
    EXPECT_EQ(ask("GET", "/api/v1/configs/42").status, 200);
}

/// The content in the database: one sealed secret, and one in plain text from a pipeline.
std::string stored_with_secrets() {
    const auto keys = SecretKeys::parse(std::string(64, '7')).value();
    Json payload = Json::parse(
        seal_secrets(R"({"files":[{"path":"key","content":"hidden one","secret":true}]})", keys)
            .value());
    payload["files"].push_back({{"path", "late"}, {"content", "hidden two"}, {"secret", true}});
    payload["files"].push_back({{"path", "page"}, {"content", "for all"}, {"template", true}});
    return payload.dump();
}

TEST_F(ApiConfig, shows_nobody_a_secret) {
    store.stored_config.payload = stored_with_secrets();
    const Said said = ask("GET", "/api/v1/configs/42");
    ASSERT_EQ(said.status, 200);
    for (const char* hidden : {"hidden", "sealed", "nonce"}) {
        EXPECT_EQ(said.body.find(hidden), std::string::npos) << hidden;
    }
    const Json payload = said.data()["payload"]["files"];
    EXPECT_EQ(payload[0], (Json{{"path", "key"},
                                {"secret", true},
                                {"bytes", 10},
                                {"sha256", release::sha256_hex("hidden one")}}));
    EXPECT_EQ(payload[2]["content"], "for all");
    EXPECT_EQ(said.data()["files"][1], (Json{{"path", "late"},
                                             {"mode", "0640"},
                                             {"secret", true},
                                             {"bytes", 10},
                                             {"sha256", release::sha256_hex("hidden two")}}));
}

TEST_F(ApiConfig, shows_viewers_names_and_digests_only) {
    const auto seen = [&] {
        return ask_as("Bearer " + std::string(viewer_token), "GET", "/api/v1/configs/42");
    };
    store.stored_config.payload = stored_with_secrets();
    EXPECT_EQ(seen().body.find("for all"), std::string::npos);
    EXPECT_FALSE(seen().data().contains("payload"));
    EXPECT_EQ(seen().data()["files"][2], (Json{{"path", "page"},
                                               {"mode", "0644"},
                                               {"template", true},
                                               {"bytes", 7},
                                               {"sha256", release::sha256_hex("for all")}}));
    store.stored_config.payload = R"({"job":"warm","args":["--password=x"]})";
    EXPECT_EQ(seen().body.find("password"), std::string::npos);
    EXPECT_EQ(seen().data()["files"], nullptr);
    EXPECT_EQ(seen().data()["bytes"], 38);
    store.stored_config.payload = R"({"files":[{"path":"k","content":"hidden","secret":true},7]})";
    EXPECT_EQ(seen().body.find("hidden"), std::string::npos);
    EXPECT_EQ(ask("GET", "/api/v1/configs/42").body.find("hidden"), std::string::npos);
}

}  // namespace
}  // namespace edgeroll::control::api
