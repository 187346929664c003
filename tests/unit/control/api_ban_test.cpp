// Bans through the API: who may do what, and what the store is asked for.
#include <gmock/gmock.h>

#include "api_fixture.hpp"

namespace edgeroll::control::api {
namespace {

using ::testing::IsEmpty;

constexpr const char* bans = "/api/v1/bans";
const std::string digest(64, 'a');

class ApiBan : public ApiTest {
  protected:
    ApiBan() {
        store.banned.ban = BanView{digest, "it broke eu", "ann", "2026-01-31T08:00:00.000Z"};
    }
    static Json shown() {
        return {{"sha256", digest},
                {"reason", "it broke eu"},
                {"createdBy", "ann"},
                {"createdAt", "2026-01-31T08:00:00.000Z"}};
    }
    std::string refused_add(const std::string& body) {
        const Said said = ask("POST", bans, body);
        EXPECT_EQ(said.status, 400) << body;
        EXPECT_EQ(said.code(), 2002) << body;
        EXPECT_THAT(store.calls, IsEmpty()) << body;
        return said.message();
    }
};

TEST_F(ApiBan, lists_them_in_pages) {
    store.ban_page.items = {store.banned.ban, BanView{"x", "", "", ""}};
    store.ban_page.total = 41;
    const Json data = ask("GET", std::string(bans) + "?page=2&pageSize=7").data();
    EXPECT_EQ(data["total"], 41);
    EXPECT_EQ(data["page"], 2);
    EXPECT_EQ(data["pageSize"], 7);
    const Json by_hand = {
        {"sha256", "x"}, {"reason", ""}, {"createdBy", ""}, {"createdAt", nullptr}};
    EXPECT_EQ(data["items"], Json::array({shown(), by_hand}));
    EXPECT_EQ(store.bans_range, (std::pair{2, 7}));
    ASSERT_EQ(ask("GET", bans).status, 200);
    EXPECT_EQ(store.bans_range, (std::pair{1, 20}));
    EXPECT_EQ(ask("GET", std::string(bans) + "?pageSize=101").code(), 2002);
    EXPECT_EQ(ask("GET", std::string(bans) + "?page=0").code(), 2002);
    EXPECT_EQ(ask("GET", std::string(bans) + "?q=x").message(), "parameter 'q' is unknown");
}

TEST_F(ApiBan, viewers_read_and_admins_act) {
    const std::string viewer = std::string("Bearer ") + viewer_token;
    EXPECT_EQ(ask_as(viewer, "GET", bans).status, 200);
    store.calls.clear();
    EXPECT_EQ(ask_as(viewer, "POST", bans, R"({"version":1,"reason":"x"})").status, 403);
    EXPECT_EQ(ask_as(viewer, "DELETE", std::string(bans) + "/" + digest).status, 403);
    EXPECT_EQ(ask_as("", "GET", bans).status, 401);
    EXPECT_THAT(store.calls, IsEmpty());
}

TEST_F(ApiBan, adds_one_by_version_or_by_digest) {
    store.banned.is_new = true;
    const Said said = ask("POST", bans, R"({"version":42,"reason":"it broke eu"})");
    ASSERT_EQ(said.status, 200) << said.body;
    Json wanted = shown();
    wanted["outcome"] = "banned";
    EXPECT_EQ(said.data(), wanted);
    EXPECT_EQ(store.ban_wanted.version, release::Version{42});
    EXPECT_EQ(store.ban_wanted.sha256, "");
    EXPECT_EQ(store.ban_wanted.reason, "it broke eu");
    EXPECT_EQ(store.ban_wanted.created_by, "root");
    EXPECT_EQ(store.ban_wanted.by.actor, "token:root");
    EXPECT_EQ(store.ban_wanted.by.remote, "192.0.2.7");

    store.banned.is_new = false;
    const Said again =
        ask("POST", bans,
            Json{{"sha256", std::string(64, 'A')}, {"reason", "x"}, {"version", nullptr}}.dump());
    ASSERT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(again.data()["outcome"], "unchanged");
    EXPECT_EQ(store.ban_wanted.sha256, digest);
    EXPECT_FALSE(store.ban_wanted.version);
}

TEST_F(ApiBan, refuses_what_is_wrong_and_names_it) {
    const std::string one_of = "the body must have one of the fields 'sha256' and 'version'";
    EXPECT_EQ(refused_add(R"({"reason":"x"})"), one_of);
    EXPECT_EQ(refused_add(R"({"reason":"x","version":1,"sha256":")" + digest + "\"}"), one_of);
    EXPECT_EQ(refused_add(R"({"reason":"x","sha256":"abc"})"),
              "field 'sha256' must be the digest of a content: 64 hex digits");
    EXPECT_EQ(refused_add(R"({"reason":"x","sha256":")" + std::string(64, 'g') + "\"}"),
              "field 'sha256' must be the digest of a content: 64 hex digits");
    EXPECT_EQ(refused_add(R"({"reason":"x","version":0})"), "field 'version' must be above 0");
    EXPECT_EQ(refused_add(R"({"reason":"x","version":9007199254740992})"),
              "field 'version' must be at most 9007199254740991");
    EXPECT_EQ(refused_add(R"({"reason":"x","version":"1"})").find("field 'version'"), 0U);
    for (const char* body : {R"({"version":1})", R"({"version":1,"reason":null})",
                             R"({"version":1,"reason":" \n"})"}) {
        EXPECT_EQ(refused_add(body), "field 'reason' must say why the content is banned");
    }
    EXPECT_EQ(refused_add(R"({"version":1,"reason":")" + std::string(4097, 'x') + "\"}")
                  .find("field 'reason' must have at most 4096 bytes"),
              0U);
    EXPECT_EQ(refused_add(R"({"version":1,"reason":"x","until":"x"})"), "field 'until' is unknown");
}

TEST_F(ApiBan, removes_one) {
    const Said said = ask("DELETE", std::string(bans) + "/" + digest);
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_EQ(said.data(), shown());
    EXPECT_EQ(store.ban_removal.sha256, digest);
    EXPECT_EQ(store.ban_removal.by.actor, "token:root");
    EXPECT_EQ(store.ban_removal.by.remote, "192.0.2.7");
    store.calls.clear();
    EXPECT_EQ(ask("DELETE", std::string(bans) + "/" + std::string(256, 'a')).code(), 2002);
    EXPECT_EQ(ask("DELETE", std::string(bans) + "/" + digest + "?force=1").code(), 2002);
    EXPECT_EQ(ask("DELETE", bans).status, 405);
    EXPECT_THAT(store.calls, IsEmpty());
}

}  // namespace
}  // namespace edgeroll::control::api
