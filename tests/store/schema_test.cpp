// Opening and migrating a database.
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "control/store/db/schema.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SchemaTest : public ::testing::TestWithParam<Backend> {
  protected:
    SchemaTest() : url_(make_database(GetParam(), folder_.path())) { options_.url = url_; }

    /// The error of opening it, or "".
    std::string open(std::optional<bool> migrates) {
        options_.migrates = migrates;
        const auto opened = open_database(context_.get_executor(), clock_, options_);
        return opened ? "" : opened.error().message;
    }

    ScratchFolder folder_;
    std::string url_;
    StoreOptions options_;
    boost::asio::io_context context_;
    HandClock clock_;
};

TEST_P(SchemaTest, migrates_once) {
    const auto first = migrate_database(options_);
    ASSERT_TRUE(first) << first.error().message;
    std::vector<int> all;
    for (const Migration& migration : known_migrations(GetParam()))
        all.push_back(migration.version);
    EXPECT_EQ(*first, all);
    const auto second = migrate_database(options_);
    ASSERT_TRUE(second);
    EXPECT_THAT(*second, IsEmpty());
    EXPECT_EQ(open(false), "");
}

TEST_P(SchemaTest, refuses_an_old_schema_and_names_what_is_missing) {
    const std::string message = open(false);
    EXPECT_THAT(message, HasSubstr("the schema is at 0, this program needs 4"));
    EXPECT_THAT(message, HasSubstr("missing: V0001__baseline"));
    EXPECT_THAT(message, HasSubstr("run edgeroll-control migrate"));
}

TEST_P(SchemaTest, migrates_by_itself_only_on_sqlite) {
    EXPECT_EQ(open(std::nullopt).empty(), GetParam() == Backend::sqlite);
    EXPECT_EQ(open(true), "");
}

TEST_P(SchemaTest, refuses_a_schema_from_the_future) {
    ASSERT_TRUE(migrate_database(options_));
    connect(url_)->execute("INSERT INTO schema_migrations (version) VALUES (99)");
    for (const bool migrates : {false, true}) {
        const std::string message = open(migrates);
        EXPECT_THAT(message, HasSubstr("the schema is at 99, this program knows it only up to"));
        EXPECT_THAT(message, HasSubstr("use a newer edgeroll-control"));
    }
}

TEST_P(SchemaTest, is_migrated_once_by_many_at_the_same_time) {
    constexpr int processes = 6;
    std::vector<std::string> errors(processes);
    std::vector<std::thread> threads;
    for (int i = 0; i < processes; ++i) {
        threads.emplace_back([&, i] {
            const auto done = migrate_database(options_);
            if (!done) errors[static_cast<std::size_t>(i)] = done.error().message;
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_THAT(errors, ::testing::Each(""));
    EXPECT_EQ(connect(url_)->query("SELECT version FROM schema_migrations").size(),
              known_migrations(GetParam()).size());
    EXPECT_EQ(open(false), "");
}

TEST_P(SchemaTest, finishes_a_migration_that_was_cut_short) {
    ASSERT_TRUE(migrate_database(options_));
    auto hand = connect(url_);
    // On SQLite a migration is one transaction: whole ones are missing, never parts.
    const bool is_sqlite = GetParam() == Backend::sqlite;
    hand->execute(is_sqlite ? "DELETE FROM schema_migrations WHERE version = 1"
                            : "DELETE FROM schema_migrations");
    hand->run("DROP TABLE release_events");
    const auto again = migrate_database(options_);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, is_sqlite ? std::vector<int>{1} : (std::vector<int>{1, 2, 3, 4}));
    EXPECT_THAT(hand->query("SELECT * FROM release_events"), IsEmpty());
}

TEST_P(SchemaTest, tells_readiness_that_the_schema_went_away) {
    Process process(url_, "control-1");
    EXPECT_TRUE(process.get(process.api().ping()));
    connect(url_)->execute("DELETE FROM schema_migrations");
    const auto ping = process.await(process.api().ping());
    ASSERT_FALSE(ping);
    EXPECT_EQ(ping.error().code, release::code::database);
}

EDGEROLL_ON_BOTH_DATABASES(SchemaTest);

std::string migration_error(const std::string& url) {
    StoreOptions options;
    options.url = url;
    const auto done = migrate_database(options);
    return done ? "" : done.error().message;
}

TEST(OpenTest, says_what_is_wrong_with_a_sqlite_path) {
    const ScratchFolder folder;
    EXPECT_THAT(migration_error("sqlite:" + folder.path() + "/none/x.db"),
                HasSubstr("none' does not exist, make it first"));
    std::ofstream(folder.path() + "/text.db") << std::string(2000, 'x');
    EXPECT_THAT(migration_error("sqlite:" + folder.path() + "/text.db"),
                HasSubstr("the file is something else"));
    EXPECT_THAT(migration_error("sqlite:" + folder.path()), HasSubstr("cannot open"));
}

TEST(OpenTest, says_what_is_wrong_with_the_server_but_not_the_password_mariadb) {
    const PrivateServer& server = PrivateServer::get();
    const std::string host = "@" + server.tcp_host() + "/";
    EXPECT_THAT(migration_error("mysql://edgeroll:s3cr3t" + host + "edgeroll"),
                ::testing::AllOf(HasSubstr("check user, password"), Not(HasSubstr("s3cr3t"))));
    EXPECT_THAT(migration_error("mysql://edgeroll:" + server.password() + host + "nowhere"),
                ::testing::AllOf(HasSubstr("create the database first"),
                                 Not(HasSubstr(server.password()))));
    EXPECT_THAT(migration_error("mysql://edgeroll:s3cr3t@127.0.0.1:1/edgeroll"),
                ::testing::AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("check that the server runs"),
                                 Not(HasSubstr("s3cr3t"))));
    EXPECT_THAT(migration_error("mysql://edgeroll:s3cr3t@127.0.0.1"),
                ::testing::AllOf(HasSubstr("DATABASE_URL"), Not(HasSubstr("s3cr3t"))));
}

}  // namespace
}  // namespace edgeroll::control::testing
