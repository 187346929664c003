#include "control/store/db/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/store/api/database_time.hpp"
#include "control/store/open.hpp"

namespace edgeroll::control {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(DatabaseUrlTest, reads_every_form) {
    const auto file = parse_database_url("sqlite:var/edgeroll.db");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->backend, Backend::sqlite);
    EXPECT_EQ(file->path, "var/edgeroll.db");
    EXPECT_EQ(parse_database_url("sqlite:///var/x.db")->path, "/var/x.db");

    const auto server =
        parse_database_url("mysql://us%40er:p%2Fa%25s%3As@db1,db-2:3307,[::1]:3308/edge%20roll");
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_EQ(server->user, "us@er");
    EXPECT_EQ(server->password, "p/a%s:s");
    EXPECT_EQ(server->database, "edge roll");
    ASSERT_EQ(server->hosts.size(), 3U);
    EXPECT_EQ(server->hosts[0].name, "db1");
    EXPECT_EQ(server->hosts[0].port, 3306);
    EXPECT_EQ(server->hosts[1].port, 3307);
    EXPECT_EQ(server->hosts[2].name, "::1");
    EXPECT_EQ(server->hosts[2].port, 3308);

    const auto socket = parse_database_url("mysql://u:p@localhost/db?socket=/run/my%20sql.sock");
    ASSERT_TRUE(socket);
    EXPECT_EQ(socket->socket, "/run/my sql.sock");
    EXPECT_TRUE(parse_database_url("mysql://u@h/db")->password.empty());
}

TEST(DatabaseUrlTest, refuses_what_is_malformed_without_showing_it) {
    for (const char* text : {"",
                             "postgres://u:s3cr3t@h/db",
                             "mysql://",
                             "mysql://u:s3cr3t@h",
                             "mysql://u:s3cr3t@/db",
                             "mysql://u:s3cr3t@h/",
                             "mysql://:s3cr3t@h/db",
                             "mysql://u:s3cr3t@h:0/db",
                             "mysql://u:s3cr3t@h:65536/db",
                             "mysql://u:s3cr3t@h:x/db",
                             "mysql://u:s3cr3t%zz@h/db",
                             "mysql://u:s3cr3t%2@h/db",
                             "mysql://u:s3cr3t@::1/db",
                             "mysql://u:s3cr3t@[::1/db",
                             "mysql://u:s3cr3t@[::1]x/db",
                             "mysql://u:s3cr3t@h,,i/db",
                             "mysql://u:s3cr3t@h/db?ssl=1",
                             "mysql://u:s3cr3t@h/db?socket=/x",
                             "mysql://u:s3cr3t@localhost/db?socket=x",
                             "mysql://u:s3cr3t%00@h/db",
                             "sqlite:",
                             "sqlite::memory:",
                             "sqlite:file:x"}) {
        const auto parsed = parse_database_url(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_THAT(parsed.error().message, Not(HasSubstr("s3cr3t"))) << text;
        EXPECT_THAT(parsed.error().message, Not(HasSubstr("\n"))) << text;
    }
}

TEST(DatabaseUrlTest, reads_a_dsn_as_go_has_it) {
    const auto dsn = parse_mysql_dsn("user:p@ss/w:rd%@tcp(db:3307)/edge?parseTime=true&loc=Local");
    ASSERT_TRUE(dsn) << dsn.error().message;
    EXPECT_EQ(dsn->user, "user");
    EXPECT_EQ(dsn->password, "p@ss/w:rd%");
    EXPECT_EQ(dsn->hosts.at(0).name, "db");
    EXPECT_EQ(dsn->hosts.at(0).port, 3307);
    EXPECT_EQ(dsn->database, "edge");
    EXPECT_EQ(parse_mysql_dsn("u:p@unix(/run/m.sock)/d")->socket, "/run/m.sock");
    EXPECT_EQ(parse_mysql_dsn("u:p@tcp([::1]:3306)/d")->hosts.at(0).name, "::1");
    for (const char* text :
         {"", "u:s3cr3t@tcp(db)", "u:s3cr3t@db/x", "u:s3cr3t@tcp(db:3306/x", "u:s3cr3t@udp(db)/x",
          "u:s3cr3t@tcp(db)/", "u:s3cr3t@tcp(db)/d?tls=what", "u:s3cr3t@tcp(db)/d?what=1",
          "u:s3cr3t@unix(m.sock)/d", "mysql://u:s3cr3t@h/d", "u:s3cr3t@/d"}) {
        const auto parsed = parse_mysql_dsn(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_THAT(parsed.error().message, Not(HasSubstr("s3cr3t"))) << text;
    }
}

TEST(DatabaseUrlTest, is_shown_without_its_password) {
    EXPECT_EQ(redacted("mysql://u:s3cr3t@a:1,[::1]/db"), "mysql://u@a:1,[::1]:3306/db");
    EXPECT_EQ(redacted("u:s3cr3t@tcp(db:3307)/d"), "mysql://u@db:3307/d");
    EXPECT_EQ(redacted("mysql://u:s3cr3t@localhost/d?socket=/s"),
              "mysql://u@localhost/d?socket=/s");
    EXPECT_EQ(redacted("sqlite:x.db"), "sqlite:x.db");
    EXPECT_THAT(redacted("s3cr3t nonsense"), Not(HasSubstr("s3cr3t")));
}

TEST(DatabaseTimeTest, turns_rfc3339_into_utc) {
    EXPECT_EQ(*database_time("2026-11-21T02:00:00Z"), "2026-11-21 02:00:00.000");
    EXPECT_EQ(*database_time("2026-01-01T00:30:00.5+08:00"), "2025-12-31 16:30:00.500");
    EXPECT_EQ(*database_time("2028-02-28T23:59:59.9999-01:00"), "2028-02-29 00:59:59.999");
    for (const char* text :
         {"", "tomorrow", "2026-11-21", "2026-11-21T02:00:00", "2026-13-01T00:00:00Z",
          "2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T02:60:00Z",
          "2026-11-21T02:00:00.Z", "2026-11-21T02:00:00Zx", "2038-06-01T00:00:00Z",
          "2026-11-21T02:00:00+25:00", "1969-01-01T00:00:00Z"}) {
        EXPECT_FALSE(database_time(text)) << text;
    }
}

}  // namespace
}  // namespace edgeroll::control
