#include <sys/stat.h>

#include "api_fixture.hpp"
#include "control/api/jwt.hpp"
#include "control/api/tokens.hpp"
#include "release/crypto/hmac.hpp"
#include "release/crypto/sha256.hpp"
#include "release/text/base64.hpp"

namespace edgeroll::control::api {
namespace {

std::string signature(const std::string& text, const std::string& secret) {
    return release::encode_base64url(release::hmac_sha256(secret, text));
}

std::string jwt(const Json& header, const Json& claims, const std::string& secret) {
    const std::string text =
        release::encode_base64url(header.dump()) + "." + release::encode_base64url(claims.dump());
    return text + "." + signature(text, secret);
}

const Json hs256 = {{"alg", "HS256"}, {"typ", "JWT"}};
class ApiAuth : public ApiTest {
  protected:
    Json claims = {{"iss", "cmdb"}, {"username", "ann"}, {"role", "admin"}, {"exp", now + 60}};
    Said with_jwt(const Json& header, const Json& wanted, const std::string& secret = jwt_secret) {
        return ask_as("Bearer " + jwt(header, wanted, secret), "GET", releases_path);
    }
};

TEST_F(ApiAuth, asks_for_a_token) {
    const Said none = ask_as("", "GET", releases_path);
    EXPECT_EQ(none.status, 401);
    EXPECT_EQ(none.code(), 1001);
    EXPECT_EQ(none.headers.count("WWW-Authenticate"), 1U);
    EXPECT_EQ(ask_as("Bearer ", "GET", releases_path).code(), 1001);
    EXPECT_EQ(ask_as("Bearer nobody", "GET", releases_path).code(), 1002);
    EXPECT_EQ(ask_as("Basic YTpi", "GET", releases_path).code(), 1002);
    EXPECT_EQ(ask_as("Bearer " + std::string(100'000, 'x'), "GET", releases_path).code(), 1002);
    EXPECT_TRUE(store.calls.empty());
}

TEST_F(ApiAuth, lets_viewers_read_and_admins_act) {
    const std::string viewer = std::string("bearer ") + viewer_token;
    EXPECT_EQ(ask_as(viewer, "GET", releases_path).status, 200);
    for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{
             {"POST", releases_path},
             {"PUT", "/api/v1/configs/1"},
             {"POST", "/api/v1/nodes"},
             {"PATCH", "/api/v1/nodes/1"},
             {"POST", "/api/v1/releases/1/stop-batch"}}) {
        const Said refused = ask_as(viewer, method, path, "{}");
        EXPECT_EQ(refused.status, 403) << method << path;
        EXPECT_EQ(refused.code(), 1004);
    }
    EXPECT_EQ(store.calls, std::vector<std::string>{"releases"});
}

TEST_F(ApiAuth, checks_the_token_before_anything_else) {
    EXPECT_EQ(ask_as("", "GET", "/api/v1/releases/nonsense").status, 401);
    EXPECT_EQ(ask_as("", "POST", releases_path, "{broken").status, 401);
}

TEST_F(ApiAuth, accepts_a_good_jwt) {
    EXPECT_EQ(with_jwt(hs256, claims).status, 200);
    claims["role"] = "viewer";
    EXPECT_EQ(with_jwt(hs256, claims).status, 200);
    claims["nbf"] = now - 1;
    claims["exp"] = static_cast<double>(now) + 0.5;
    EXPECT_EQ(with_jwt(hs256, claims).status, 200);
}

TEST_F(ApiAuth, names_the_creator_after_the_token) {
    store.created.version = release::Version{1};
    EXPECT_EQ(ask("POST", releases_path, R"({"target":"cdn"})").status, 200);
    EXPECT_EQ(store.wanted.created_by, "root");
    EXPECT_EQ(ask_as("Bearer " + jwt(hs256, claims, jwt_secret), "POST", releases_path,
                     R"({"target":"cdn"})")
                  .status,
              200);
    EXPECT_EQ(store.wanted.created_by, "ann");
}

TEST_F(ApiAuth, refuses_expired_jwts_with_their_own_code) {
    claims["exp"] = now;
    const Said expired = with_jwt(hs256, claims);
    EXPECT_EQ(expired.status, 401);
    EXPECT_EQ(expired.code(), 1003);
}

TEST_F(ApiAuth, refuses_forged_and_foreign_jwts) {
    EXPECT_EQ(with_jwt(hs256, claims, "another secret").code(), 1002);
    EXPECT_EQ(with_jwt(Json{{"alg", "none"}}, claims).code(), 1002);
    EXPECT_EQ(with_jwt(Json{{"alg", "HS512"}}, claims).code(), 1002);
    EXPECT_EQ(with_jwt(Json{{"alg", "hs256"}}, claims).code(), 1002);
    EXPECT_EQ(with_jwt(Json{{"typ", "JWT"}}, claims).code(), 1002);
    EXPECT_EQ(with_jwt(Json{{"alg", "HS256"}, {"crit", Json::array({"x"})}}, claims).code(), 1002);
    for (const char* name : {"iss", "exp", "username", "role"}) {
        Json less = claims;
        less.erase(name);
        EXPECT_EQ(with_jwt(hs256, less).code(), 1002) << name;
    }
    Json other = claims;
    other["iss"] = "somebody";
    EXPECT_EQ(with_jwt(hs256, other).code(), 1002);
    other = claims;
    other["exp"] = "tomorrow";
    EXPECT_EQ(with_jwt(hs256, other).code(), 1002);
    other = claims;
    other["nbf"] = now + 10;
    EXPECT_EQ(with_jwt(hs256, other).code(), 1002);
    other = claims;
    other["username"] = "a\nb";
    EXPECT_EQ(with_jwt(hs256, other).code(), 1002);
    other = claims;
    other["role"] = "operator";
    const Said role = with_jwt(hs256, other);
    EXPECT_EQ(role.status, 403);
    EXPECT_EQ(role.code(), 1004);
    other["role"] = Json::array({"admin"});
    EXPECT_EQ(with_jwt(hs256, other).code(), 1002);
}

TEST_F(ApiAuth, parses_nothing_of_a_jwt_before_its_signature_is_judged) {
    const Said garbage = ask_as("Bearer eyIx.eyIx.eyIx", "GET", releases_path);
    EXPECT_EQ(garbage.code(), 1002);
    EXPECT_NE(garbage.message().find("not signed with HS256"), std::string::npos)
        << garbage.message();
}

TEST_F(ApiAuth, refuses_tampered_jwts) {
    const std::string good = jwt(hs256, claims, jwt_secret);
    const auto first = good.find('.');
    const auto last = good.rfind('.');
    Json more = claims;
    more["username"] = "root";
    const std::string forged =
        good.substr(0, first + 1) + release::encode_base64url(more.dump()) + good.substr(last);
    const std::string unsigned_one = good.substr(0, last + 1);
    for (const std::string& token :
         {forged, unsigned_one, good + "A", "." + good, good.substr(1), std::string("a.b.c"),
          std::string(".."), good.substr(0, last)}) {
        EXPECT_EQ(ask_as("Bearer " + token, "GET", releases_path).code(), 1002) << token;
    }
    EXPECT_EQ(ask_as("Bearer " + good, "GET", releases_path).status, 200);
}

TEST_F(ApiAuth, reads_the_tokens_file_again_when_it_changes) {
    const std::string fresh = "Bearer fresh";
    EXPECT_EQ(ask_as(fresh, "GET", releases_path).code(), 1002);
    write_tokens("new:viewer:" + release::sha256_hex("fresh") + "\n");
    EXPECT_EQ(ask_as(fresh, "GET", releases_path).status, 200);
    EXPECT_EQ(ask("GET", releases_path).code(), 1002) << "the old token was taken out of the file";
}

TEST_F(ApiAuth, keeps_good_lines_beside_broken_ones) {
    write_tokens("garbage\nx:superuser:" + std::string(64, 'a') + "\nshort:admin:abc\n:admin:" +
                 std::string(64, 'b') + "\r\nnew:viewer:" + release::sha256_hex("fresh") + "\r\n");
    EXPECT_EQ(ask_as("Bearer fresh", "GET", releases_path).status, 200);
}

TEST_F(ApiAuth, keeps_the_tokens_for_a_moment_when_the_file_is_gone) {
    const std::string aside = tokens_path + ".aside";
    ASSERT_EQ(::rename(tokens_path.c_str(), aside.c_str()), 0);
    EXPECT_EQ(ask("GET", releases_path).status, 200) << "an editor may be replacing it";
    later = 4;
    EXPECT_EQ(ask("GET", releases_path).status, 200);
    later = 5;
    testing::internal::CaptureStderr();
    EXPECT_EQ(ask("GET", releases_path).code(), 1002) << "it was deleted";
    EXPECT_EQ(ask("GET", releases_path).code(), 1002);
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("event=tokens_gone"), std::string::npos);
    EXPECT_EQ(log.find("event=tokens_gone"), log.rfind("event=tokens_gone"));
    ASSERT_EQ(::rename(aside.c_str(), tokens_path.c_str()), 0);
    EXPECT_EQ(ask("GET", releases_path).status, 200) << "it is back, the very same";
}

TEST_F(ApiAuth, lets_tokens_in_until_the_end_of_their_last_day) {
    const auto with_day = [this](const std::string& day) {
        write_tokens("root:admin:" + release::sha256_hex(admin_token) + ":" + day + "\n");
    };
    with_day("2027-01-15");
    EXPECT_EQ(ask("GET", releases_path).status, 200);
    later = 16 * 3'600 - 1;
    EXPECT_EQ(ask("GET", releases_path).status, 200) << "23:59:59 in UTC";
    later += 1;
    EXPECT_EQ(ask("GET", releases_path).status, 401);
    EXPECT_EQ(ask("GET", releases_path).code(), 1003);
    for (const char* odd : {"", "2027-02-29", "2027-1-15", "15.01.2027", "2027-01-15 x",
                            "2027-13-01", "2027-01-15:x", "0000-00-00"}) {
        with_day(odd);
        EXPECT_EQ(ask("GET", releases_path).code(), 1002) << odd << ": no line, no token";
    }
}

TEST_F(ApiAuth, refuses_jwts_that_are_good_for_too_long) {
    claims["exp"] = now + 86'400;
    EXPECT_EQ(with_jwt(hs256, claims).status, 200);
    claims["exp"] = now + 86'401;
    const Said refused = with_jwt(hs256, claims);
    EXPECT_EQ(refused.code(), 1002);
    EXPECT_NE(refused.body.find("JWT_MAX_AGE_SEC"), std::string::npos);
    claims["exp"] = 1e300;
    EXPECT_EQ(with_jwt(hs256, claims).code(), 1002);
}

TEST_F(ApiAuth, refuses_jwts_with_the_name_of_a_token) {
    claims["username"] = "root";
    EXPECT_EQ(with_jwt(hs256, claims).code(), 1002);
    claims["username"] = "Root";
    EXPECT_EQ(with_jwt(hs256, claims).status, 200);
}

TEST_F(ApiAuth, wants_the_audience_that_is_set) {
    JwtRules rules;
    rules.secret = jwt_secret;
    rules.issuer = "cmdb";
    rules.audience = "edgeroll";
    const auto judged = [&] {
        return verify_jwt(jwt(hs256, claims, jwt_secret), rules, now).has_value();
    };
    EXPECT_FALSE(judged());
    claims["aud"] = "edgeroll";
    EXPECT_TRUE(judged());
    claims["aud"] = Json::array({"other", "edgeroll"});
    EXPECT_TRUE(judged());
    for (const Json& odd :
         {Json("other"), Json::array(), Json::array({1}), Json(1), Json("EDGEROLL")}) {
        claims["aud"] = odd;
        EXPECT_FALSE(judged()) << odd;
    }
}

TEST_F(ApiAuth, admits_a_caller_no_longer_than_the_token) {
    tls::Request request;
    request.headers["authorization"] = std::string("Bearer ") + viewer_token;
    const auto eve = authenticator->admit(request, Role::viewer);
    ASSERT_TRUE(eve);
    EXPECT_TRUE(authenticator->still_admits(*eve));
    write_tokens("eve:admin:" + release::sha256_hex(viewer_token) + "\n");
    EXPECT_FALSE(authenticator->still_admits(*eve)) << "the line is another now";

    request.headers["authorization"] = "Bearer " + jwt(hs256, claims, jwt_secret);
    const auto ann = authenticator->admit(request, Role::viewer);
    ASSERT_TRUE(ann);
    later = 59;
    EXPECT_TRUE(authenticator->still_admits(*ann));
    later = 60;
    EXPECT_FALSE(authenticator->still_admits(*ann));
}

TEST_F(ApiAuth, takes_every_token_away_with_an_empty_file) {
    write_tokens("");
    EXPECT_EQ(ask("GET", releases_path).code(), 1002) << "an empty file takes every token away";
}

TEST_F(ApiAuth, lets_nobody_in_when_nothing_is_configured) {
    Authenticator closed(AuthOptions{}, [] { return now; });
    EXPECT_TRUE(closed.open());
    EXPECT_TRUE(closed.is_closed());
    tls::Request request;
    EXPECT_EQ(closed.admit(request, Role::viewer).error().code, 1001);
    request.headers["authorization"] = "Bearer " + jwt(hs256, claims, "");
    EXPECT_EQ(closed.admit(request, Role::viewer).error().code, 1002);
}

TEST(ApiTokens, fresh_ones_are_accepted_and_differ) {
    const FreshToken one = make_token("ci", Role::admin);
    const FreshToken two = make_token("ci", Role::admin);
    EXPECT_EQ(one.token.size(), 64U);
    EXPECT_NE(one.token, two.token);
    const auto line = parse_token_line(one.line);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->caller.name, "ci");
    EXPECT_EQ(line->caller.role, Role::admin);
    EXPECT_EQ(line->sha256, release::sha256_hex(one.token));
    EXPECT_EQ(one.line.find(one.token), std::string::npos);
}

TEST(ApiTokens, a_missing_file_is_an_error_at_the_start) {
    TokenFile file("/nonexistent/tokens");
    const auto opened = file.open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("/nonexistent/tokens"), std::string::npos);
}

TEST_F(ApiAuth, a_file_without_any_good_line_is_an_error_at_the_start) {
    write_tokens("# TOML, or something else\nlog_level = \"info\"\n");
    TokenFile file(tokens_path);
    const auto opened = file.open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("line 2"), std::string::npos);
    write_tokens("# nobody yet\n");
    EXPECT_TRUE(TokenFile(tokens_path).open());
}

TEST_F(ApiAuth, a_file_that_everybody_may_read_is_refused_and_a_changed_one_keeps_the_old_tokens) {
    ::chmod(tokens_path.c_str(), 0644);
    const auto opened = TokenFile(tokens_path).open();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("may be read by everybody"), std::string::npos);
    EXPECT_TRUE(TokenFile(tokens_path, rt::LooseFiles::allowed).open());

    ::chmod(tokens_path.c_str(), 0640);
    TokenFile file(tokens_path);
    ASSERT_TRUE(file.open());
    const std::size_t before = file.size();
    ASSERT_GT(before, 0U);
    write_tokens("# nobody any more, and open to all\n");
    ::chmod(tokens_path.c_str(), 0644);
    file.refresh(0);
    EXPECT_EQ(file.size(), before);
    ::chmod(tokens_path.c_str(), 0640);
    file.refresh(0);
    EXPECT_EQ(file.size(), 0U) << "closed again, it counts";
}

TEST(ApiTokens, signatures_are_those_of_rfc_4231) {
    std::string hex;
    for (const char byte : release::hmac_sha256("Jefe", "what do ya want for nothing?")) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex += digits[static_cast<unsigned char>(byte) >> 4U];
        hex += digits[static_cast<unsigned char>(byte) & 15U];
    }
    EXPECT_EQ(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace edgeroll::control::api
