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
        const auto opened = open_database(clock_, options_);
        return opened ? "" : opened.error().message;
    }

    static std::vector<int> all() {
        std::vector<int> versions;
        for (const Migration& migration : known_migrations(GetParam()))
            versions.push_back(migration.version);
        return versions;
    }
    static int newest() { return all().back(); }

    ScratchFolder folder_;
    std::string url_;
    StoreOptions options_;
    boost::asio::io_context context_;
    HandClock clock_;
};

TEST_P(SchemaTest, migrates_once) {
    const auto first = migrate_database(options_);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(*first, all());
    const auto second = migrate_database(options_);
    ASSERT_TRUE(second);
    EXPECT_THAT(*second, IsEmpty());
    EXPECT_EQ(open(false), "");
}

TEST_P(SchemaTest, refuses_an_old_schema_and_names_what_is_missing) {
    const std::string message = open(false);
    EXPECT_THAT(message,
                HasSubstr("the schema is at 0, this program needs " + std::to_string(newest())));
    EXPECT_THAT(message, HasSubstr("missing: V0001__baseline"));
    EXPECT_THAT(message, HasSubstr("run edgeroll-control migrate"));
}

TEST_P(SchemaTest, migrates_by_itself_only_on_sqlite) {
    EXPECT_EQ(open(std::nullopt).empty(), GetParam() == Backend::sqlite);
    EXPECT_EQ(open(true), "");
}

// Processes are replaced one by one: older processes go on with the newer schema.
TEST_P(SchemaTest, works_beside_a_newer_schema) {
    Process process(url_, "control-1");
    auto hand = connect(url_);
    hand->run("ALTER TABLE release_tasks ADD COLUMN of_later VARCHAR(20) NULL");
    hand->run("CREATE TABLE of_later (id INTEGER NOT NULL PRIMARY KEY, must INTEGER NOT NULL)");
    hand->execute("INSERT INTO schema_migrations (version) VALUES (99)");
    for (const bool migrates : {false, true})
        EXPECT_EQ(open(migrates), "");
    EXPECT_EQ(process.get(process.api().ping()), "");
    EXPECT_THAT(process.get(process.api().nodes()), IsEmpty());
    const auto applied = migrate_database(options_);
    ASSERT_TRUE(applied);
    EXPECT_THAT(*applied, IsEmpty());
}

TEST_P(SchemaTest, says_what_a_newer_schema_no_longer_has) {
    Process process(url_, "control-1");
    auto hand = connect(url_);
    hand->run("ALTER TABLE nodes RENAME COLUMN labels TO tags");
    EXPECT_EQ(process.get(process.api().ping()), "") << "nobody has migrated";
    hand->execute("INSERT INTO schema_migrations (version) VALUES (99)");
    for (const std::string& message :
         {open(false), open(true), process.get(process.api().ping())}) {
        EXPECT_THAT(message, HasSubstr("the schema is at 99, this program knows it only up to " +
                                       std::to_string(newest())));
        EXPECT_THAT(message, HasSubstr("column nodes.labels"));
    }
    hand->run("DROP TABLE banned_contents");
    EXPECT_THAT(process.get(process.api().ping()), HasSubstr("table banned_contents"));
    hand->execute("DELETE FROM schema_migrations WHERE version = 2");
    EXPECT_THAT(open(true), HasSubstr("V0002__steering is missing"));
}

TEST_P(SchemaTest, cannot_work_where_rows_need_a_column_that_it_does_not_know) {
    if (GetParam() == Backend::sqlite) GTEST_SKIP() << "SQLite adds no such column";
    ASSERT_TRUE(migrate_database(options_));
    auto hand = connect(url_);
    hand->run("ALTER TABLE nodes ADD COLUMN tenant BIGINT NOT NULL");
    EXPECT_THAT(open(false), HasSubstr("column nodes.tenant is not known to this program"));
    hand->run("ALTER TABLE nodes MODIFY COLUMN tenant BIGINT NOT NULL DEFAULT 1");
    EXPECT_EQ(open(false), "");
}

TEST_P(SchemaTest, says_that_a_table_was_made_by_somebody_else) {
    connect(url_)->run(
        "CREATE TABLE nodes (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100), "
        "applied_version BIGINT)");
    const std::string message = open(true);
    EXPECT_THAT(message, HasSubstr("column nodes."));
    EXPECT_THAT(message, HasSubstr("was not made by edgeroll-control migrate"));
}

TEST_P(SchemaTest, refuses_tables_that_cannot_hold_every_letter) {
    if (GetParam() == Backend::sqlite) GTEST_SKIP() << "SQLite has no such columns";
    ASSERT_TRUE(migrate_database(options_));
    auto hand = connect(url_);
    for (const std::string character_set : {"latin1", "utf8mb3"}) {
        hand->run("ALTER TABLE config_versions CONVERT TO CHARACTER SET " + character_set);
        const std::string message = open(false);
        EXPECT_THAT(message, HasSubstr("column config_versions."));
        EXPECT_THAT(message, HasSubstr("character set " + character_set));
        const std::size_t cure = message.find("ALTER TABLE");
        ASSERT_NE(cure, std::string::npos);
        hand->run(message.substr(cure));
        EXPECT_EQ(open(false), "");
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
    // On SQLite a migration is one transaction: it is missing as a whole, never in part.
    const bool is_sqlite = GetParam() == Backend::sqlite;
    hand->execute(is_sqlite ? "DELETE FROM schema_migrations WHERE version = 1"
                            : "DELETE FROM schema_migrations");
    hand->run("DROP TABLE release_events");
    const auto again = migrate_database(options_);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, is_sqlite ? std::vector<int>{1} : all());
    EXPECT_THAT(hand->query("SELECT * FROM release_events"), IsEmpty());
}

// Sentences of older versions are parsed only by the migration.
TEST_P(SchemaTest, turns_sentences_of_older_versions_into_reasons) {
    ASSERT_TRUE(migrate_database(options_));
    auto hand = connect(url_);
    // The state after V0006.
    for (const char* column : {"reason_kind", "reason_message", "reason_until", "earlier_error"})
        hand->run(std::string("ALTER TABLE release_task_nodes DROP COLUMN ") + column);
    hand->execute("DELETE FROM schema_migrations WHERE version = 7");
    struct Old {
        const char *status, *sentence, *kind, *message, *earlier;
    };
    const std::vector<Old> rows{
        {"skipped", "not dispatched: node a in batch 1 failed (x)", "release_failed", "", ""},
        {"deferred", "not dispatched: x", "release_failed", "", ""},
        {"skipped", "stopped by the operator", "stopped", "", ""},
        {"skipped", "the release was set to failed by hand", "ended_by_hand", "", ""},
        {"skipped", "added after the release was started", "added_late", "", ""},
        {"skipped", "node is disabled", "disabled", "", ""},
        {"deferred", "node is in maintenance", "maintenance", "", ""},
        {"deferred", "not reachable for 60.0 s: refused", "unreachable", "", ""},
        {"cancelled", "stopped before the agent had the task", "stopped", "", ""},
        {"skipped", "broken, says ops", "", "", ""},
        {"skipped", nullptr, "", "", ""},
        {"failed", "not dispatched: x", "", "", ""},
        {"running", "attempt 1 failed (lost): gone", "", "", "attempt 1 failed (lost): gone"},
        {"running",
         "refusing: a at 10.0.0.1: 503 (given up at 2026-11-29T18:00:03Z); attempt 2 failed "
         "(timeout): late",
         "refusing", "a at 10.0.0.1: 503", "attempt 2 failed (timeout): late"},
        {"running", "silent: x (given up at home)", "silent", "x", ""},
        {"running", "unreachable: refused; attempt 1 failed (lost): gone", "unreachable", "refused",
         "attempt 1 failed (lost): gone"},
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        hand->execute(
            "INSERT INTO release_task_nodes (release_task_id, node_id, status, error_msg, "
            "updated_at) VALUES (1, ?, ?, ?, '2026-01-01 00:00:00')",
            {static_cast<std::int64_t>(i), std::string(rows[i].status),
             rows[i].sentence == nullptr ? Value{} : Value{std::string(rows[i].sentence)}});
    }
    EXPECT_THAT(migrate_database(options_).value(), ElementsAre(7));
    const Rows read = hand->query(
        "SELECT reason_kind, reason_message, earlier_error, error_msg FROM "
        "release_task_nodes WHERE updated_at = '2026-01-01 00:00:00' ORDER BY node_id");
    ASSERT_EQ(read.size(), rows.size()) << "a migration is no change of a row";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string sentence = rows[i].sentence == nullptr ? "" : rows[i].sentence;
        EXPECT_EQ(read[i].text(0), rows[i].kind) << sentence;
        EXPECT_EQ(read[i].text(1), rows[i].message) << sentence;
        EXPECT_EQ(read[i].text(2), rows[i].earlier) << sentence;
        EXPECT_EQ(read[i].text(3), sentence);
    }
}

TEST_P(SchemaTest, tells_readiness_that_the_schema_went_away) {
    Process process(url_, "control-1");
    EXPECT_EQ(process.get(process.api().ping()), "");
    connect(url_)->execute("DELETE FROM schema_migrations");
    EXPECT_THAT(process.get(process.api().ping()), HasSubstr("run edgeroll-control migrate"));
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

// A file created in another encoding still returns UTF-8.
TEST(OpenTest, keeps_every_letter_in_a_utf16_file) {
    const ScratchFolder folder;
    const std::string url = "sqlite:" + folder.path() + "/utf16.db";
    {
        // The encoding is fixed with the first table, on the connection that set it.
        auto hand = connect(url);
        hand->run("PRAGMA encoding = 'UTF-16le'");
        hand->run("CREATE TABLE first (id INTEGER)");
    }
    ASSERT_EQ(migration_error(url), "");
    const std::string letters = "\xC3\xA9 \xF0\xA0\xAE\xB7 \xF0\x9F\x98\x80";
    Process process(url, "control-1");
    ConfigView config;
    config.version = Version{1};
    config.payload = R"({"files":[{"content":")" + letters + R"(","path":"a"}]})";
    const ConfigView put = process.get(process.api().put_config(config));
    const auto shown =
        process.get(process.api().config(Version{1}, PayloadPart::files_and_content));
    EXPECT_EQ(shown.content.payload, config.payload);
    auto hand = connect(url);
    EXPECT_EQ(hand->query("PRAGMA encoding").at(0).text(0), "UTF-16le");
    EXPECT_EQ(hand->query("SELECT payload FROM config_versions").at(0).text(0), config.payload);
    const auto read =
        process.get(process.store().payload(Version{1}, release::TaskType::apply_config));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->sha256, put.sha256);
}

}  // namespace
}  // namespace edgeroll::control::testing
