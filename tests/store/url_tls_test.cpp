#include "control/store/db/url_tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/store/db/url.hpp"
#include "control/store/open.hpp"

namespace edgeroll::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TlsMode mode_of(const std::string& host, const std::string& options = "") {
    const bool is_v6 = host.find(':') != std::string::npos;
    const auto url =
        parse_database_url("mysql://u:p@" + (is_v6 ? "[" + host + "]" : host) + "/d" + options);
    EXPECT_TRUE(url) << host << options << ": " << url.error().message;
    return url ? tls_mode(*url, url->hosts.at(0).name) : TlsMode::off;
}

std::string complaint_of(const std::string& text) {
    const auto url = text.rfind("mysql:", 0) == 0 || text.rfind("sqlite:", 0) == 0
                         ? parse_database_url(text)
                         : parse_mysql_dsn(text);
    return url ? "" : url.error().message;
}

TEST(DatabaseTlsTest, verifies_every_host_that_is_not_this_machine) {
    for (const char* host : {"localhost", "LocalHost", "127.0.0.1", "127.3.4.5", "::1",
                             "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"}) {
        EXPECT_EQ(mode_of(host), TlsMode::off) << host;
    }
    // Names and other spellings of this machine may resolve to other machines.
    for (const char* host : {"db.example", "10.0.0.1", "127.1", "2130706433", "localhost.example",
                             "localhost.", "localhos", "127.0.0.1.example", "::2", "128.0.0.1",
                             "0.0.0.0", "::", "::ffff:10.0.0.1", "localhost4"}) {
        EXPECT_EQ(mode_of(host), TlsMode::verify) << host;
    }
}

TEST(DatabaseTlsTest, judges_each_host_by_itself_unless_the_setting_says_how) {
    const auto judged = [](const std::string& options) {
        const auto url = parse_database_url("mysql://u:p@db1,127.0.0.1,[::1]:3307,db2/d" + options);
        EXPECT_TRUE(url) << url.error().message;
        std::vector<TlsMode> modes;
        for (const DatabaseHost& host : url->hosts)
            modes.push_back(tls_mode(*url, host.name));
        return std::pair(modes, hosts_in_clear(*url));
    };
    constexpr auto off = TlsMode::off, verify = TlsMode::verify, require = TlsMode::require;
    EXPECT_THAT(judged("").first, ElementsAre(verify, off, off, verify));
    EXPECT_THAT(judged("").second, IsEmpty());
    EXPECT_THAT(judged("?tls=off").first, ElementsAre(off, off, off, off));
    EXPECT_THAT(judged("?tls=off").second, ElementsAre("db1", "db2"));
    EXPECT_THAT(judged("?tls=require").first, ElementsAre(require, require, require, require));
    EXPECT_THAT(judged("?tls=require").second, IsEmpty());
    EXPECT_THAT(judged("?tls=verify&tls_ca=/ca").first,
                ElementsAre(verify, verify, verify, verify));
    EXPECT_THAT(judged("?tls_ca=/ca&server_public_key=/k").first,
                ElementsAre(verify, off, off, verify));
}

TEST(DatabaseTlsTest, reads_the_options_of_a_url) {
    const auto url = parse_database_url(
        "mysql://u:p@db/d?tls=verify&tls_ca=/a%20b/ca.pem&tls_cert=c.pem&tls_key=/k%26.pem"
        "&server_public_key=/s.pem");
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->tls.mode, TlsMode::verify);
    EXPECT_EQ(url->tls.ca, "/a b/ca.pem");
    EXPECT_EQ(url->tls.certificate, "c.pem");
    EXPECT_EQ(url->tls.key, "/k&.pem");
    EXPECT_EQ(url->tls.server_public_key, "/s.pem");
    const auto socket = parse_database_url("mysql://u:p@localhost/d?socket=/s&tls=off");
    ASSERT_TRUE(socket) << socket.error().message;
    EXPECT_EQ(tls_mode(*socket, ""), TlsMode::off);
    EXPECT_FALSE(parse_database_url("mysql://u:p@db/d")->tls.mode);
}

TEST(DatabaseTlsTest, reads_the_options_of_a_dsn) {
    const auto mode = [](const std::string& options) {
        const auto dsn = parse_mysql_dsn("u:p@tcp(db:3306)/d" + options);
        EXPECT_TRUE(dsn) << options << ": " << dsn.error().message;
        return dsn ? dsn->tls.mode : std::nullopt;
    };
    EXPECT_EQ(mode("?tls=false"), TlsMode::off);
    EXPECT_EQ(mode("?tls=true"), TlsMode::verify);
    EXPECT_EQ(mode("?tls=skip-verify"), TlsMode::require);
    EXPECT_EQ(mode("?tls=preferred"), std::nullopt);
    EXPECT_EQ(mode("?parseTime=true"), std::nullopt);
    const auto dsn = parse_mysql_dsn("u:p/)x@tcp(db)/d?loc=Asia/Shanghai&tls_ca=/etc/ssl/ca.pem");
    ASSERT_TRUE(dsn) << dsn.error().message;
    EXPECT_EQ(dsn->password, "p/)x");
    EXPECT_EQ(dsn->database, "d");
    EXPECT_EQ(dsn->tls.ca, "/etc/ssl/ca.pem");
    EXPECT_EQ(tls_mode(*dsn, "db"), TlsMode::verify);
    EXPECT_EQ(tls_mode(*parse_mysql_dsn("u:p@tcp(127.0.0.1:1)/d?tls=preferred"), "127.0.0.1"),
              TlsMode::off);
}

TEST(DatabaseTlsTest, refuses_what_it_cannot_keep) {
    const std::string socket = "mysql://u:s3cr3t@localhost/d?socket=/s&";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"mysql://u:s3cr3t@h/d?tls=true", "none of off, require and verify"},
        {"mysql://u:s3cr3t@h/d?tls=", "none of off, require and verify"},
        {"mysql://u:s3cr3t@h/d?tls=VERIFY", "none of off, require and verify"},
        {"mysql://u:s3cr3t@h/d?tls", "none of off, require and verify"},
        {"mysql://u:s3cr3t@h/d?tls=off&tls=verify", "twice"},
        {"mysql://u:s3cr3t@h/d?TLS=verify", "not known"},
        {"mysql://u:s3cr3t@h/d?ssl-mode=REQUIRED", "not known"},
        {"mysql://u:s3cr3t@h/d?tls_ca=", "tls_ca: give"},
        {"mysql://u:s3cr3t@h/d?tls_cert=/c", "tls_key"},
        {"mysql://u:s3cr3t@h/d?tls_key=/k", "tls_cert"},
        {"mysql://u:s3cr3t@h/d?tls=off&tls_ca=/c", "leave one of them out"},
        {"mysql://u:s3cr3t@127.0.0.1/d?tls_ca=/c", "say tls=verify"},
        {"mysql://u:s3cr3t@h/d?tls=require&tls_ca=/c", "say tls=verify"},
        {"mysql://u:s3cr3t@h/d?tls=require&server_public_key=/c", "say tls=verify"},
        {socket + "tls=verify", "has a socket"},
        {socket + "tls=require", "has a socket"},
        {socket + "tls_ca=/c", "has a socket"},
        {socket + "server_public_key=/c", "has a socket"},
        {"sqlite:s3cr3t.db?tls_ca=/c", "is a file"},
        {"sqlite:s3cr3t.db?x=1&tls=off", "is a file"},
        {"u:s3cr3t@tcp(h)/d?tls=verify", "none of true, false, skip-verify and preferred"},
        {"u:s3cr3t@tcp(h)/d?tls=custom", "none of true, false, skip-verify and preferred"},
        {"u:s3cr3t@tcp(h)/d?tls=skip-verify&tls_ca=/c", "say tls=verify"},
        {"u:s3cr3t@unix(/s)/d?tls=true", "has a socket"}};
    for (const auto& [text, what] : cases) {
        EXPECT_THAT(complaint_of(text), HasSubstr(what)) << text;
        EXPECT_THAT(complaint_of(text), Not(HasSubstr("s3cr3t"))) << text;
    }
    EXPECT_EQ(parse_database_url("sqlite:what?.db")->path, "what?.db");
}

TEST(DatabaseTlsTest, names_the_hosts_that_a_setting_reaches_in_clear) {
    const auto in_clear = [](const std::string& url, bool is_dsn = false) {
        return hosts_in_clear(StoreOptions{url, is_dsn, {}, ""});
    };
    EXPECT_THAT(in_clear("mysql://u:p@db,127.0.0.1/d?tls=off"), ElementsAre("db"));
    EXPECT_THAT(in_clear("u:p@tcp(db)/d?tls=false", true), ElementsAre("db"));
    EXPECT_THAT(in_clear("mysql://u:p@db/d"), IsEmpty());
    EXPECT_THAT(in_clear("sqlite:x.db"), IsEmpty());
}

}  // namespace
}  // namespace edgeroll::control
