// A failing database: the error that callers get, and recovery without a restart.
#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "control/store/db/mysql_connection.hpp"
#include "control/store/db/url.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class FaultTest : public StoreTest {
  protected:
    void SetUp() override {
        id_ = add_whole_release(1, {2});
        claim_ = control().claim(id_);
        ASSERT_TRUE(claim_);
    }
    Commit start() {
        Commit commit;
        commit.release.status = ReleaseStatus::running;
        commit.nodes.push_back(node_change(1, NodeStatus::pending, NodeStatus::running));
        return commit;
    }
    void expect_untouched() {
        EXPECT_EQ(text("SELECT status FROM release_tasks"), "pending");
        EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes WHERE status = 'pending'"), 2);
    }
    void expect_recovery() {
        ASSERT_TRUE(control().read(*claim_));
        EXPECT_EQ(control().commit(*claim_, start()), Committed::done);
        EXPECT_EQ(text("SELECT status FROM release_tasks"), "running");
    }
    ReleaseId id_;
    std::optional<Claim> claim_;
};

TEST_P(FaultTest, has_done_nothing_when_another_writer_keeps_the_row) {
    Transaction other(hand(), Transaction::Kind::write);
    hand().execute("UPDATE release_tasks SET reason = 'mine'");
    const auto refused = control().await(control().store().commit(*claim_, start()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().outcome, Outcome::not_done);
    EXPECT_EQ(refused.error().code, release::code::busy) << "a lock is named, and tried again";
    other.commit();
    expect_untouched();
    expect_recovery();
}

TEST_P(FaultTest, waits_for_a_writer_that_is_soon_done) {
    // A transaction belongs to a single thread from begin to end.
    std::promise<void> has_begun;
    std::thread other([&] {
        Transaction transaction(hand(), Transaction::Kind::write);
        hand().execute("UPDATE release_tasks SET reason = 'mine'");
        has_begun.set_value();
        transaction.commit();
    });
    has_begun.get_future().wait();
    const auto written = control().await(control().store().commit(*claim_, start()));
    other.join();
    ASSERT_TRUE(written);
    EXPECT_EQ(*written, Committed::done);
}

EDGEROLL_ON_BOTH_DATABASES(FaultTest);

class ServerFaultTest : public FaultTest {
  protected:
    /// Writes on a separate thread; `then` runs once the statement with this beginning is being
    /// executed, which in these cases means that it waits for a lock and holds its connection.
    Result<Committed> write_meanwhile(const Commit& commit, const std::string& statement,
                                      const std::function<void(std::int64_t)>& then) {
        std::optional<Result<Committed>> written;
        std::atomic<bool> is_over{false};
        std::thread writing([&] {
            written = control().await(control().store().commit(*claim_, commit));
            is_over = true;
        });
        bool was_seen = false;
        while (!was_seen && !is_over) {
            const Rows busy = watcher_->query(
                "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE "
                "?",
                {statement + "%"});
            was_seen = !busy.empty();
            if (was_seen) then(busy[0].integer_or(0, 0));
        }
        writing.join();
        EXPECT_TRUE(was_seen) << "the statement was never seen to wait";
        return std::move(written).value();
    }
    std::unique_ptr<Connection> watcher_ = connect(url());
};

TEST_P(ServerFaultTest, does_not_know_what_became_of_a_killed_transaction) {
    Transaction other(hand(), Transaction::Kind::write);
    hand().execute("UPDATE release_tasks SET reason = 'mine'");
    const auto lost = write_meanwhile(start(), "UPDATE release_tasks", [&](std::int64_t who) {
        watcher_->run("KILL " + std::to_string(who));
    });
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().outcome, Outcome::unknown);
    other.commit();
    expect_untouched();
    expect_recovery();
}

TEST_P(ServerFaultTest, repeats_a_transaction_that_lost_a_deadlock) {
    sql("INSERT INTO nodes (name, main_ip) SELECT CONCAT('filler-', seq), '10.0.9.9' FROM "
        "seq_1_to_50");
    auto other = std::make_unique<Transaction>(hand(), Transaction::Kind::write);
    hand().execute("UPDATE nodes SET main_ip = '10.0.9.8' WHERE name LIKE 'filler-%'");
    hand().execute("UPDATE nodes SET labels = '{}' WHERE id = 1");
    Commit commit = start();
    commit.nodes[0].to = NodeStatus::success;
    commit.nodes[0].has_new_content = true;  // writes the locked row of node 1
    const auto written = write_meanwhile(commit, "UPDATE nodes", [&](std::int64_t) {
        // Closes the cycle; this transaction has changed more rows, so the other transaction must
        // be the victim.
        hand().execute("UPDATE release_tasks SET reason = 'circle'");
        other->commit();
        other.reset();
    });
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(*written, Committed::done);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_events WHERE kind = 'node_success'"), 1);
    EXPECT_EQ(text("SELECT reason FROM release_tasks"), "circle");
}

TEST_P(ServerFaultTest, survives_connections_that_were_killed_while_idle) {
    ASSERT_TRUE(control().read(*claim_));
    for (const Row& row :
         watcher_->query("SELECT id FROM information_schema.processlist WHERE db = "
                         "DATABASE() AND id <> CONNECTION_ID()")) {
        watcher_->run("KILL " + row.text(0));
    }
    const auto written = control().await(control().store().commit(*claim_, start()));
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(*written, Committed::done);
}

TEST_P(ServerFaultTest, outlives_a_server_that_is_gone_for_a_while) {
    const std::string server_url = url();
    watcher_.reset();
    PrivateServer::get().kill();
    for (int i = 0; i < 3; ++i) {
        const auto ids = control().await(control().store().claimable(5, 5));
        ASSERT_FALSE(ids);
        EXPECT_EQ(ids.error().outcome, Outcome::not_done);
        const auto written = control().await(control().store().commit(*claim_, start()));
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().outcome, Outcome::not_done);
        EXPECT_THAT(written.error().message, HasSubstr("cannot use the database"));
        EXPECT_THAT(written.error().message, Not(HasSubstr(PrivateServer::get().password())));
        const auto shown = control().await(control().api().release(id_));
        ASSERT_FALSE(shown);
        EXPECT_EQ(shown.error().code, release::code::database);
        EXPECT_EQ(shown.error().outcome, Outcome::not_done);
        EXPECT_FALSE(control().await(control().api().ping()));
    }
    PrivateServer::get().start();
    EXPECT_EQ(control().get(control().api().ping()), "");
    ASSERT_TRUE(control().get(control().store().renew(*claim_)));
    EXPECT_EQ(control().commit(*claim_, start()), Committed::done);
    EXPECT_EQ(connect(server_url)->query("SELECT status FROM release_tasks").at(0).text(0),
              "running");
}

TEST_P(ServerFaultTest, does_not_know_what_became_of_a_write_when_the_server_dies) {
    auto other = std::make_unique<Transaction>(hand(), Transaction::Kind::write);
    hand().execute("UPDATE release_tasks SET reason = 'mine'");
    const auto lost = write_meanwhile(start(), "UPDATE release_tasks",
                                      [](std::int64_t) { PrivateServer::get().kill(); });
    other.reset();
    watcher_.reset();
    PrivateServer::get().start();
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().outcome, Outcome::unknown);
    auto fresh = connect(url());
    EXPECT_EQ(fresh->query("SELECT status FROM release_tasks").at(0).text(0), "pending");
    EXPECT_EQ(control().commit(*claim_, start()), Committed::done);
}

TEST_P(ServerFaultTest, goes_to_the_next_host_when_the_first_is_down) {
    const std::string database = text("SELECT DATABASE()");
    const PrivateServer& server = PrivateServer::get();
    Process process("mysql://edgeroll:" + server.password() + "@127.0.0.1:1," + server.tcp_host() +
                        "/" + database,
                    "control-2");
    EXPECT_EQ(process.get(process.api().release(id_)).summary.version.value, 1);
}

TEST_P(ServerFaultTest, is_not_content_with_a_read_only_host) {
    watcher_->run("SET GLOBAL read_only = 1");
    const auto refused = [&] {
        StoreOptions options;
        options.url = url();
        return migrate_database(options);
    }();
    watcher_->run("SET GLOBAL read_only = 0");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("read-only"));
    expect_recovery();
}

// Its client times out after some seconds and asks again: the server must have ended the statement
// before, or such statements accumulate there.
TEST_P(ServerFaultTest, ends_a_statement_at_the_server_before_the_client_gives_up) {
    try {
        (void)hand().query("SELECT SLEEP(600)");
        FAIL() << "it was let run";
    } catch (const DbFailure& failure) {
        // On a busy machine the client may time out first.
        EXPECT_THAT(failure.what(), ::testing::AnyOf(HasSubstr("max_statement_time"),
                                                     HasSubstr("Lost connection")));
    }
    const auto is_running = [&] {
        return !watcher_
                    ->query(
                        "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT "
                        "SLEEP(600)%'")
                    .empty();
    };
    while (is_running())
        std::this_thread::yield();
    expect_recovery();
    const auto parsed = parse_database_url(url());
    ASSERT_TRUE(parsed);
    auto migrating = connect_mysql(*parsed, SessionUse::migrate);
    EXPECT_EQ(migrating->query("SELECT CAST(@@max_statement_time AS SIGNED)").at(0).text(0), "0")
        << "an index over millions of rows takes its time";
}

// The log names what the server refused, but not the values of rows.
TEST_P(ServerFaultTest, says_why_the_server_refused) {
    sql("ALTER TABLE release_events ADD CONSTRAINT not_now CHECK (kind <> 'node_running')");
    const auto refused = control().await(control().store().commit(*claim_, start()));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("not_now"));
    EXPECT_EQ(refused.error().outcome, Outcome::permanent);
    sql("ALTER TABLE release_events DROP CONSTRAINT not_now");
    expect_recovery();
}

INSTANTIATE_TEST_SUITE_P(On, ServerFaultTest, ::testing::Values(Backend::mysql), backend_name);

}  // namespace
}  // namespace edgeroll::control::testing
