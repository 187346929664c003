#include "control/store/db/error.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace edgeroll::control {
namespace {

using release::Outcome;

TEST(DbErrorTest, sorts_the_servers_errors_into_three_classes) {
    for (const int number : {1020, 1040, 1047, 1205, 1213, 1290, 1836, 2002, 2003, 2005}) {
        EXPECT_EQ(mysql_failure(number, "").outcome(), Outcome::not_done) << number;
    }
    for (const int number : {0, 1053, 1158, 1160, 1180, 1317, 1927, 1969, 2006, 2013, 2027, 3024}) {
        EXPECT_EQ(mysql_failure(number, "").outcome(), Outcome::unknown) << number;
    }
    for (const int number : {1045, 1054, 1062, 1064, 1146, 1366, 1406}) {
        EXPECT_EQ(mysql_failure(number, "").outcome(), Outcome::permanent) << number;
    }
}

TEST(DbErrorTest, keeps_the_session_only_where_it_is_sound) {
    for (const int number : {0, 1047, 1053, 1243, 1290, 1615, 1927, 2006, 2013}) {
        EXPECT_TRUE(mysql_failure(number, "").breaks_connection) << number;
    }
    for (const int number : {1020, 1062, 1064, 1205, 1213, 1317}) {
        EXPECT_FALSE(mysql_failure(number, "").breaks_connection) << number;
    }
    EXPECT_TRUE(mysql_failure(1213, "").is_deadlock);
    EXPECT_FALSE(mysql_failure(1205, "").is_deadlock) << "it has waited long enough";
    EXPECT_TRUE(mysql_failure(1062, "").is_duplicate);
}

TEST(DbErrorTest, has_done_nothing_while_connecting) {
    const DbFailure failure = mysql_connect_failure(1045, "Access denied", "db:3306");
    EXPECT_EQ(failure.outcome(), Outcome::not_done);
    EXPECT_EQ(failure.to_error().code, release::code::database);
}

TEST(DbErrorTest, sorts_sqlites_errors) {
    for (const int code : {SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_READONLY}) {
        EXPECT_EQ(sqlite_failure(code, code).outcome(), Outcome::not_done) << code;
    }
    EXPECT_EQ(sqlite_failure(SQLITE_IOERR, SQLITE_IOERR_FSYNC).outcome(), Outcome::unknown);
    EXPECT_EQ(sqlite_failure(SQLITE_CORRUPT, SQLITE_CORRUPT).outcome(), Outcome::permanent);
    EXPECT_TRUE(sqlite_failure(SQLITE_CONSTRAINT, SQLITE_CONSTRAINT_UNIQUE).is_duplicate);
    EXPECT_FALSE(sqlite_failure(SQLITE_CONSTRAINT, SQLITE_CONSTRAINT_NOTNULL).is_duplicate);
}

}  // namespace
}  // namespace edgeroll::control
