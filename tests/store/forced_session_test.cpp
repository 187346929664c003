// Servers with unsuitable defaults or a harmful init_connect: each session sets everything that it
// relies on.
#include "control/store/db/mysql_session.hpp"
#include "control/store/db/schema.hpp"
#include "release/wire/task_payload.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::HasSubstr;

/// U+00E9, U+20BB7 and U+1F600: two and twice four bytes in UTF-8.
const std::string letters = "\xC3\xA9 \xF0\xA0\xAE\xB7 \xF0\x9F\x98\x80";
const std::string lettered_payload =
    R"({"files":[{"content":"# )" + letters + R"(","path":"site.conf"}]})";

std::string hex(const std::string& text) {
    constexpr const char* digits = "0123456789ABCDEF";
    std::string all;
    for (const char c : text) {
        all += digits[static_cast<unsigned char>(c) >> 4U];
        all += digits[static_cast<unsigned char>(c) & 15U];
    }
    return all;
}

/// A content inserted by a pipeline, another stored by the API, a release of three nodes and the
/// engine's own calls: all texts are equal byte for byte.
void expect_that_everything_works(const std::string& admin_url, const std::string& url) {
    auto hand = connect(admin_url);
    ASSERT_TRUE(migrate_database(StoreOptions{url, false, {}, "x"}));
    hand->run("INSERT INTO config_versions (version, payload) VALUES (1, CONVERT(UNHEX('" +
              hex(lettered_payload) + "') USING utf8mb4))");
    for (const char* number : {"1", "2", "3"}) {
        hand->execute("INSERT INTO nodes (name, main_ip) VALUES (?, ?)",
                      {std::string("n") + number, std::string("10.0.0.") + number});
    }
    hand->run(
        "INSERT INTO release_tasks (type, target, version, status, total_nodes) VALUES "
        "('apply_config', 'cdn', 1, 'pending', 3)");
    hand->run(
        "INSERT INTO release_task_nodes (release_task_id, node_id, batch, status) SELECT 1, id, 1, "
        "'pending' FROM nodes");

    // A single connection, so that each call follows the commit of another call.
    Process process(url, "control-1", release::Millis{15'000}, 1);
    EXPECT_TRUE(process.get(process.api().ping()).empty());
    EXPECT_EQ(process.get(process.api().nodes()).size(), 3U);
    EXPECT_THAT(process.claimable(), ::testing::ElementsAre(1));
    auto claim = process.claim(ReleaseId{1});
    ASSERT_TRUE(claim);
    const auto snapshot = process.read(*claim);
    ASSERT_TRUE(snapshot);
    EXPECT_TRUE(snapshot->problems.empty());
    EXPECT_EQ(snapshot->nodes.size(), 3U);
    const auto digest =
        release::wire::payload_digests(release::TaskType::apply_config, lettered_payload);
    ASSERT_TRUE(digest);
    EXPECT_EQ(snapshot->content.sha256, digest->content);
    EXPECT_EQ(hand->query("SELECT sha256 FROM config_versions").at(0).text(0), digest->content);
    const auto payload =
        process.get(process.store().payload(Version{1}, release::TaskType::apply_config));
    ASSERT_TRUE(payload);
    EXPECT_EQ(hex(payload->text), hex(lettered_payload));

    Commit commit;
    commit.release.status = ReleaseStatus::running;
    commit.release.last_error = letters;
    commit.nodes.push_back(node_change(1, NodeStatus::pending, NodeStatus::running));
    EXPECT_EQ(process.commit(*claim, commit), Committed::done);
    EXPECT_EQ(hand->query("SELECT HEX(last_error) FROM release_tasks").at(0).text(0), hex(letters));
    // The commit is visible to other sessions, and the session has ended its transaction.
    EXPECT_EQ(hand->query("SELECT status FROM release_tasks").at(0).text(0), "running");
    EXPECT_TRUE(process.get(process.store().renew(*claim)));

    ConfigView config;
    config.version = Version{2};
    config.payload = lettered_payload;
    (void)process.get(process.api().put_config(config));
    EXPECT_EQ(
        hand->query("SELECT HEX(payload) FROM config_versions WHERE version = 2").at(0).text(0),
        hex(lettered_payload));
    EXPECT_EQ(process.get(process.api().config(Version{2}, PayloadPart::files_and_content))
                  .content.payload,
              lettered_payload);
}

/// Assignments for SET SESSION and SET GLOBAL.
class ForcedSession : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedSession() : server_(PrivateServer::get()), admin_(connect(server_.root_url("edgeroll"))) {
        static int count = 0;
        database_ = "forced_" + std::to_string(++count);
        admin_->run("CREATE DATABASE " + database_);
        // init_connect is not run for users with all privileges.
        user_ = "plain_" + std::to_string(count);
        admin_->run("CREATE USER " + user_ + "@localhost IDENTIFIED BY 'plain'");
        admin_->run("GRANT ALL PRIVILEGES ON " + database_ + ".* TO " + user_ + "@localhost");
    }
    ~ForcedSession() override {
        auto admin = connect(server_.root_url("edgeroll"));
        for (const std::string& undo : undo_)
            admin->run(undo);
    }
    [[nodiscard]] std::string url() const {
        std::string url = server_.url(database_);
        const std::size_t at = url.find('@');
        return "mysql://" + user_ + ":plain" + url.substr(at);
    }
    /// Restored at the end.
    void force(const std::string& variable, const std::string& value) {
        const std::string old =
            admin_->query("SELECT CAST(@@global." + variable + " AS CHAR)").at(0).text(0);
        const bool is_number =
            !old.empty() && old.find_first_not_of("0123456789.") == std::string::npos;
        undo_.push_back("SET GLOBAL " + variable + " = " + (is_number ? old : "'" + old + "'"));
        admin_->run("SET GLOBAL " + variable + " = " + value);
    }

    PrivateServer& server_;
    std::unique_ptr<Connection> admin_;
    std::string database_, user_;
    std::vector<std::string> undo_;
};

TEST_P(ForcedSession, is_set_right_whatever_the_servers_defaults_are) {
    const std::size_t equals = GetParam().find('=');
    force(GetParam().substr(0, equals), GetParam().substr(equals + 1));
    expect_that_everything_works(server_.url(database_), url());
}

TEST_P(ForcedSession, is_set_right_after_init_connect) {
    force("init_connect", "\"SET " + GetParam() + "\"");
    expect_that_everything_works(server_.url(database_), url());
}

INSTANTIATE_TEST_SUITE_P(
    On_mariadb, ForcedSession,
    ::testing::Values("autocommit=0", "completion_type=1", "tx_read_only=1", "sql_select_limit=2",
                      "max_join_size=1", "group_concat_max_len=4", "sql_safe_updates=1",
                      "sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE'",
                      "tx_isolation='SERIALIZABLE'", "time_zone='+09:00'",
                      "character_set_client=latin1", "character_set_results=latin1",
                      "character_set_connection=latin1"));

class ForcedNames : public ForcedSession {};

TEST_P(ForcedNames, do_not_change_a_letter) {
    force("init_connect", "'SET NAMES " + GetParam() + "'");
    expect_that_everything_works(server_.url(database_), url());
}

INSTANTIATE_TEST_SUITE_P(On_mariadb, ForcedNames, ::testing::Values("utf8", "latin1", "utf8mb4"));

TEST(ForcedServer, takes_no_handshake_for_an_answer_mariadb) {
    for (const char* character_set : {"utf8mb3", "latin1"}) {
        const ScratchFolder folder;
        PrivateServer server(folder.path(), std::string("--skip-character-set-client-handshake "
                                                        "--lower-case-table-names=1 "
                                                        "--character-set-server=") +
                                                character_set);
        expect_that_everything_works(server.url("edgeroll"), server.url("edgeroll"));
        server.kill();
    }
}

TEST(ForcedServer, is_refused_where_a_session_cannot_be_set_right) {
    const std::string probe = character_probe;
    CharacterSets sets{"utf8mb4", "utf8mb4", "utf8mb4", character_probe_hex};
    EXPECT_EQ(character_set_complaint(sets, probe), "");
    EXPECT_THAT(character_set_complaint(sets, "???"), HasSubstr("come back changed"));
    sets.probe_hex = "3F3F3F";
    EXPECT_THAT(character_set_complaint(sets, probe), HasSubstr("arrive changed"));
    for (std::string* name : {&sets.client, &sets.connection, &sets.results}) {
        *name = "latin1";
        EXPECT_EQ(character_set_complaint(sets, probe), "the server forces character set latin1");
        *name = "utf8mb4";
    }
}

}  // namespace
}  // namespace edgeroll::control::testing
