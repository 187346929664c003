// The audit log through the API: who may read it, what each action hands to the store, and refused
// logins.
#include <gmock/gmock.h>

#include "api_fixture.hpp"
#include "release/crypto/hmac.hpp"
#include "release/crypto/sha256.hpp"
#include "release/text/base64.hpp"

namespace edgeroll::control::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* audit = "/api/v1/audit";

std::string jwt_of(const std::string& name, const std::string& role, const std::string& secret,
                   std::int64_t expires) {
    const Json claims = {{"iss", "cmdb"}, {"username", name}, {"role", role}, {"exp", expires}};
    const std::string text = release::encode_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
                             release::encode_base64url(claims.dump());
    return text + "." + release::encode_base64url(release::hmac_sha256(secret, text));
}

class ApiAudit : public ApiTest {
  protected:
    ApiAudit() {
        authenticator->set_observer(
            [this](const tls::Request& request, int code, const std::string& actor) {
                refused.note(moment, request.peer.address, code, actor);
            });
    }
    /// Writes the notes that are due, once.
    void write(bool is_last = false) {
        bool is_done = false;
        boost::asio::co_spawn(loop, write_audit_notes(notes, is_last),
                              [&](const std::exception_ptr& thrown) {
                                  EXPECT_FALSE(thrown);
                                  is_done = true;
                              });
        loop.restart();
        while (!is_done && loop.run_one() > 0) {
        }
        ASSERT_TRUE(is_done);
    }
    static std::string word(const AuditNote& note, const std::string& name) {
        for (const auto& [key, value] : note.words)
            if (key == name) return value;
        return {};
    }
    static std::int64_t number(const AuditNote& note, const std::string& name) {
        for (const auto& [key, value] : note.numbers)
            if (key == name) return value;
        return -1;
    }

    release::Instant moment{release::Millis{5'000'000}};
    RefusedLogins refused;
    AuditNotes notes{store, *authenticator, refused, *clock};
};

TEST_F(ApiAudit, is_for_admins) {
    EXPECT_EQ(ask_as(std::string("Bearer ") + viewer_token, "GET", audit).status, 403);
    EXPECT_EQ(ask_as("", "GET", audit).status, 401);
    EXPECT_THAT(store.calls, IsEmpty());
    EXPECT_EQ(ask("GET", audit).status, 200);
}

TEST_F(ApiAudit, shows_rows_in_pages) {
    AuditView row;
    row.id = 41;
    row.at = "2026-01-31T08:00:00.000Z";
    row.actor = "token:ann";
    row.remote = "192.0.2.1";
    row.action = "node.change";
    row.object = "node:7";
    row.detail = R"({"enabled":{"is":false,"was":true}})";
    row.prev_hash = "aa";
    row.hash = "bb";
    store.audit_page.items = {row};
    store.audit_page.total = 41;
    const Json data = ask("GET", std::string(audit) + "?page=2&pageSize=7").data();
    EXPECT_EQ(data["total"], 41);
    EXPECT_EQ(data["page"], 2);
    EXPECT_EQ(data["pageSize"], 7);
    const Json wanted = Json::parse(
        R"({"id":41,"at":"2026-01-31T08:00:00.000Z","actor":"token:ann","remote":"192.0.2.1",
        "action":"node.change","object":"node:7","detail":{"enabled":{"is":false,"was":true}},
        "prevHash":"aa","hash":"bb"})");
    EXPECT_EQ(data["items"], Json::array({wanted}));
    EXPECT_EQ(store.audit_filter.page, 2);
    EXPECT_EQ(store.audit_filter.page_size, 7);
}

TEST_F(ApiAudit, takes_filters_and_nothing_else) {
    ASSERT_EQ(
        ask("GET", std::string(audit) + "?actor=token:ann&action=node.add&object=node:7&since="
                                        "2026-01-31T08:00:00Z")
            .status,
        200);
    EXPECT_EQ(store.audit_filter.actor, "token:ann");
    EXPECT_EQ(store.audit_filter.action, "node.add");
    EXPECT_EQ(store.audit_filter.object, "node:7");
    EXPECT_EQ(store.audit_filter.since, "2026-01-31T08:00:00Z");
    EXPECT_EQ(store.audit_filter.page_size, 20);
    EXPECT_EQ(ask("GET", std::string(audit) + "?acto=x").code(), 2002);
    EXPECT_EQ(ask("GET", std::string(audit) + "?pageSize=101").code(), 2002);
    EXPECT_EQ(ask("GET", std::string(audit) + "?page=0").code(), 2002);
}

TEST_F(ApiAudit, every_act_says_who_asks_and_from_where) {
    const auto act = [&](const std::string& method, const std::string& target,
                         const std::string& body, const Asker& asker) {
        const Said answer = ask(method, target, body);
        EXPECT_EQ(answer.status, 200) << method << ' ' << target << ' ' << answer.body;
        EXPECT_EQ(asker.actor, "token:root") << method << ' ' << target;
        EXPECT_EQ(asker.remote, "192.0.2.7") << method << ' ' << target;
    };
    const std::string one = "/api/v1/releases/7";
    act("POST", "/api/v1/releases", R"({"target":"cdn"})", store.wanted.by);
    act("POST", one + "/pause-batch", "", store.steering.by);
    store.steering = {};
    act("POST", one + "/continue-batch", "", store.steering.by);
    store.steering = {};
    act("POST", one + "/stop-batch", "", store.steering.by);
    act("POST", one + "/stop-batch", R"({"force":true,"reason":"x"})", store.force_stop_wanted.by);
    act("POST", one + "/retry", "", store.retry_wanted.by);
    act("POST", one + "/rollback", "", store.rollback_wanted.by);
    act("PATCH", one, R"({"max_parallel":1})", store.limit_wanted.by);
    act("PUT", "/api/v1/configs/5", R"({"payload":{"files":[{"path":"a","content":"x"}]}})",
        store.config_put.by);
    act("POST", "/api/v1/nodes", R"({"name":"e","mainIp":"10.0.0.1"})", store.change.by);
    store.change = {};
    act("PATCH", "/api/v1/nodes/3", R"({"enabled":false})", store.change.by);
}

TEST_F(ApiAudit, names_of_jwts_are_told_from_names_of_tokens) {
    const std::string bearer = "Bearer " + jwt_of("ann", "admin", jwt_secret, now + 60);
    ASSERT_EQ(ask_as(bearer, "PATCH", "/api/v1/nodes/3", R"({"enabled":false})").status, 200);
    EXPECT_EQ(store.change.by.actor, "jwt:ann");
    ASSERT_EQ(ask_as(bearer, "POST", "/api/v1/releases", R"({"target":"cdn"})").status, 200);
    EXPECT_EQ(store.wanted.by.actor, "jwt:ann");
    EXPECT_EQ(store.wanted.created_by, "ann") << "as ever";
}

TEST_F(ApiAudit, refused_logins_are_counted_by_address_and_reason) {
    write();  // the note about the tokens file
    store.noted.clear();
    for (int i = 0; i < 5; ++i)
        ask_as("Bearer nobody", "GET", audit);
    ask_as("", "GET", audit);
    ask_as("Bearer " + jwt_of("ann", "admin", jwt_secret, now - 60), "GET", audit);
    ask_as("Bearer " + jwt_of("bob", "viewer", jwt_secret, now + 60), "GET", audit);
    address = "192.0.2.8";
    ask_as(std::string("Bearer ") + viewer_token, "POST", "/api/v1/nodes", "{}");
    ask("GET", audit);  // accepted
    write(true);
    std::vector<std::string> rows;
    for (const AuditNote& note : store.noted) {
        EXPECT_EQ(note.action, "login.refused");
        rows.push_back(note.by.remote + " " + word(note, "reason") + " " + note.by.actor + " " +
                       std::to_string(number(note, "count")));
    }
    EXPECT_THAT(rows, ElementsAre("192.0.2.7 bad_token  5", "192.0.2.7 expired_token  1",
                                  "192.0.2.7 forbidden jwt:bob 1", "192.0.2.7 no_token  1",
                                  "192.0.2.8 forbidden token:eve 1"));
}

TEST_F(ApiAudit, what_cannot_be_written_is_kept_and_counted_on) {
    write();
    store.noted.clear();
    ask_as("Bearer nobody", "GET", audit);
    write_tokens("eve:viewer:" + std::string(64, 'a') + "\n");
    ask_as("Bearer nobody", "GET", audit);
    store.error = release::Error{"away", release::Outcome::not_done, release::code::database};
    write(true);
    EXPECT_THAT(store.noted, IsEmpty());
    store.error.reset();
    ask_as("Bearer nobody", "GET", audit);
    write(true);
    ASSERT_THAT(store.noted, SizeIs(2));
    EXPECT_EQ(store.noted[0].action, "tokens.loaded");
    EXPECT_EQ(number(store.noted[1], "count"), 3);
}

TEST_F(ApiAudit, a_tokens_file_that_was_read_is_told_with_the_names_that_changed) {
    using release::sha256_hex;
    write();
    ASSERT_THAT(store.noted, SizeIs(1));
    EXPECT_EQ(store.noted[0].action, "tokens.loaded");
    EXPECT_EQ(number(store.noted[0], "tokens"), 2);
    EXPECT_EQ(word(store.noted[0], "added"), "eve root");
    EXPECT_EQ(store.noted[0].key_word, "sha256");
    const std::string before = word(store.noted[0], "sha256");
    write();
    EXPECT_THAT(store.noted, SizeIs(1)) << "nothing new";
    write_tokens("root:viewer:" + sha256_hex(admin_token) + "\nzoe:admin:" + std::string(64, 'b') +
                 "\n");
    ask("GET", "/api/v1/releases");
    write();
    ASSERT_THAT(store.noted, SizeIs(2));
    const AuditNote& note = store.noted[1];
    EXPECT_EQ(word(note, "added"), "zoe");
    EXPECT_EQ(word(note, "removed"), "eve");
    EXPECT_EQ(word(note, "changed"), "root");
    EXPECT_NE(word(note, "sha256"), before);
    for (const auto& [name, text] : note.words)
        EXPECT_THAT(text, ::testing::Not(HasSubstr(std::string(64, 'b')))) << name;
}

class RefusedLoginsTest : public ::testing::Test {
  protected:
    static release::Instant at(std::int64_t ms) { return release::Instant{release::Millis{ms}}; }
    RefusedLogins logins;
};

TEST_F(RefusedLoginsTest, tells_the_first_at_once_and_a_flood_once_a_minute) {
    EXPECT_FALSE(logins.is_due(at(1'000'000)));
    logins.note(at(1'000'000), "192.0.2.1", 1002, "");
    EXPECT_TRUE(logins.is_due(at(1'000'000)));
    EXPECT_THAT(logins.take(at(1'000'000)), SizeIs(1));
    EXPECT_FALSE(logins.is_due(at(1'000'001)));
    for (int i = 0; i < 1000; ++i)
        logins.note(at(1'000'001 + i), "192.0.2.1", 1002, "");
    EXPECT_FALSE(logins.is_due(at(1'059'999)));
    ASSERT_TRUE(logins.is_due(at(1'060'000)));
    const auto taken = logins.take(at(1'060'000));
    ASSERT_THAT(taken, SizeIs(1));
    EXPECT_EQ(taken[0].count, 1000);
    EXPECT_EQ((taken[0].last - taken[0].first).count(), 999);
    EXPECT_FALSE(logins.is_due(at(9'000'000)));
}

TEST_F(RefusedLoginsTest, a_flood_from_everywhere_costs_a_bounded_number_of_rows) {
    for (int i = 0; i < 10'000; ++i)
        logins.note(at(i), "2001:db8::" + std::to_string(i), i % 2 == 0 ? 1002 : 1001, "");
    const auto taken = logins.take(at(10'000));
    EXPECT_THAT(taken, SizeIs(RefusedLogins::kinds_max + 2));
    std::int64_t all = 0;
    for (const RefusedLogin& login : taken)
        all += login.count;
    EXPECT_EQ(all, 10'000) << "none is lost";
}

TEST_F(RefusedLoginsTest, keeps_count_over_what_is_given_back) {
    logins.note(at(0), "192.0.2.1", 1002, "");
    const auto taken = logins.take(at(1));
    logins.note(at(2), "192.0.2.1", 1002, "");
    logins.give_back(taken);
    EXPECT_TRUE(logins.is_due(at(3)));
    const auto again = logins.take(at(3));
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again[0].count, 2);
    EXPECT_EQ(again[0].first, at(0));
}

}  // namespace
}  // namespace edgeroll::control::api
