#include "control/store/db/error.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <utility>
#include <vector>

#include "control/store/db/server_words.hpp"

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

TEST(DbErrorTest, says_the_servers_words) {
    EXPECT_STREQ(mysql_failure(1105, "HY000", "Unknown error").what(),
                 "database error 1105 (HY000): Unknown error");
    for (const auto& [number, text] : std::vector<std::pair<int, std::string>>{
             {1568, "Transaction characteristics can't be changed while it is in progress"},
             {1054, "Unknown column 'order_id' in 'field list'"},
             {1142, "SELECT command denied to user 'edgeroll'@'localhost' for table `e`.`nodes`"},
             {1146, "Table 'edgeroll.counters' doesn't exist"},
             {1114, "The table 'release_events' is full"},
             {1406, "Data too long for column 'note' at row 1"},
             {1969, "Query execution was interrupted (max_statement_time exceeded)"},
             {2013, "Lost connection to server during query"}}) {
        EXPECT_EQ(server_words(number, text), text);
    }
    EXPECT_STREQ(sqlite_failure(SQLITE_ERROR, SQLITE_ERROR, "no such column: order_id").what(),
                 "database error: SQL logic error: no such column: order_id");
}

TEST(DbErrorTest, keeps_to_itself_what_rows_and_statements_hold) {
    EXPECT_EQ(server_words(1062, "Duplicate entry 's3cr3t' for key 'nodes_name'"),
              "Duplicate entry (a value) for key 'nodes_name'");
    EXPECT_EQ(server_words(1062, "Duplicate entry 'a' for key 's3'cr3t' for key 'nodes_name'"),
              "Duplicate entry (a value) for key 'nodes_name'")
        << "the value says the same as the server";
    EXPECT_EQ(server_words(1366, R"(Incorrect string value: '\xF0\x9F' for column )"
                                 "`e`.`config_versions`.`note` at row 1"),
              "Incorrect string value: (a value) for column `e`.`config_versions`.`note` at row 1");
    EXPECT_EQ(server_words(1064, "You have an error near 's3cr3t' at line 1"),
              "You have an error near (a value)");
    EXPECT_EQ(server_words(1062, "Duplicate entry 'very long s3cr3t"), "Duplicate entry (a value)")
        << "cut short by the server";
    EXPECT_EQ(server_words(1062, "Duplicate entry 'x for key \"s3cr3t={1}\""),
              "Duplicate entry (a value)");
    EXPECT_EQ(server_words(1644, "trigger says \"s3cr3t\"\nand more"), "trigger says (a value)");
    EXPECT_EQ(server_words(1105, "line one\nline two"), "line one line two");
    EXPECT_EQ(server_words(1105, std::string(1000, 'x')).size(), 300U);
}

}  // namespace
}  // namespace edgeroll::control
