#include "control/core/runner.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/manual_clock.hpp"
#include "tests/support/rows.hpp"
#include "tests/unit/core/fakes.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

using release::Heard;
using release::Millis;
using release::NodeId;
using release::NodeStatus;
using release::Result;

/// The rows of one release; an operator may be faster than a commit.
class RowsStore final : public StoreOfOne {
  public:
    explicit RowsStore(test::Rows& rows) : rows_(rows) {}
    std::function<void()> before_commit;  ///< called once, just before the next commit arrives
    bool is_given_back = false;
    std::string closed;  ///< why this process cannot open the content's secrets
    int readings = 0, part_readings = 0;

    awaitable<Result<std::optional<release::Snapshot>>> read(const Claim&,
                                                             std::optional<int> part) override {
        ++(part ? part_readings : readings);
        std::optional<release::Snapshot> snapshot = rows_.read(part);
        if (snapshot && !closed.empty()) {
            snapshot->closed = closed;
            snapshot->problems = {closed};
        }
        co_return snapshot;
    }
    awaitable<Result<Committed>> commit(const Claim&, const release::Commit& commit) override {
        if (before_commit) std::exchange(before_commit, {})();
        co_return rows_.apply(commit) ? Committed::done : Committed::stale;
    }
    awaitable<Result<void>> give_back(const Claim&) override {
        is_given_back = true;
        co_return Result<void>();
    }
    awaitable<Result<std::optional<Payload>>> payload(release::Version,
                                                      release::TaskType) override {
        std::optional<Payload> payload;
        payload.emplace();
        payload->text = "{}";
        payload->sha256 = rows_.header.content.sha256;
        co_return payload;
    }

  private:
    test::Rows& rows_;
};

boost::asio::awaitable<void> ticking(std::shared_ptr<Runner> runner) {
    co_await runner->tick();
}

boost::asio::awaitable<void> running(std::shared_ptr<Runner> runner, bool& is_over) {
    co_await runner->run();
    is_over = true;
}

struct Running : testing::Test {
    test::Rows rows{{1, 1}};
    RowsStore store{rows};
    OneAgent agent;
    NoGates gates;
    NoJitter random;
    Silent observer;
    std::unique_ptr<Dispatcher> dispatcher;  // these outlive the context's coroutines
    std::shared_ptr<Runner> runner;
    bool is_over = false;
    boost::asio::io_context context;
    test::ManualClock clock{context};

    void SetUp() override {
        rows.header.policy.limits.failure_threshold = 100;
        DispatcherOptions options;
        options.rules.hold_max = Millis{0};
        dispatcher = std::make_unique<Dispatcher>(context.get_executor(), agent, clock, random,
                                                  observer, options);
        Claim claim{rows.header.id, release::Epoch{1}, "control-1", clock.now() + Millis{60'000}};
        runner =
            std::make_shared<Runner>(context.get_executor(), store, *dispatcher, gates, clock,
                                     observer, release::Rules(), Millis{15'000}, std::move(claim));
        agent.to_dispatch = agent.to_query = Heard::accepted;
        agent.status = release::TaskStatus::running;
        rt::spawn(context.get_executor(), "runner", running(runner, is_over));
        rt::spawn(context.get_executor(), "tick", ticking(runner));
        clock.advance(Millis{1'000});
        ASSERT_EQ(rows.count(NodeStatus::running), 2);
    }

    [[nodiscard]] std::vector<std::int64_t> late_answers() const {
        std::vector<std::int64_t> nodes;
        for (const release::HistoryRow& row : rows.history) {
            if (row.kind == "late_answer") nodes.push_back(row.node->value);
        }
        return nodes;
    }
};

TEST_F(Running, records_the_answer_that_meets_a_row_changed_by_hand_before_anybody_read_it) {
    store.before_commit = [&] { rows.find(NodeId{1})->status = NodeStatus::skipped; };
    agent.status = release::TaskStatus::success;
    clock.advance(Millis{10'000});

    EXPECT_EQ(rows.find(NodeId{1})->status, NodeStatus::skipped)
        << "the hand wins (docs/contract.md 4.6)";
    EXPECT_EQ(rows.find(NodeId{2})->status, NodeStatus::success);
    EXPECT_EQ(late_answers(), std::vector<std::int64_t>{1}) << "once, and of that node only";
    EXPECT_EQ(rows.header.status, release::ReleaseStatus::success);
    EXPECT_TRUE(store.is_given_back);
}

TEST_F(Running, tells_a_ban_that_came_while_it_ran) {
    EXPECT_TRUE(agent.bans.empty());
    rows.header.bans = {std::string(64, 'b')};
    rows.header.policy.retries = 1;
    const int dispatches = agent.dispatches;
    clock.advance(Millis{6'000});  // a renewal reads the release again
    agent.status = release::TaskStatus::failed;
    clock.advance(Millis{10'000});

    EXPECT_GT(agent.dispatches, dispatches) << "there is a further attempt";
    EXPECT_EQ(agent.bans, rows.header.bans);
}

TEST_F(Running, does_not_ask_again_for_an_answer_that_a_stale_commit_left_unwritten) {
    store.before_commit = [&] { rows.header.requested = release::Action::pause; };
    const int queries = agent.queries;
    agent.status = release::TaskStatus::success;
    clock.advance(Millis{10'000});

    EXPECT_EQ(rows.count(NodeStatus::success), 2);
    EXPECT_EQ(late_answers(), std::vector<std::int64_t>{});
    EXPECT_EQ(agent.queries, queries + 2);
}

TEST_F(Running, keeps_its_conversations_when_only_progress_meets_a_changed_header) {
    store.before_commit = [&] { ++rows.header.steer_seq; };
    const int queries = agent.queries;
    const int readings = store.readings;
    agent.progress = 40;
    clock.advance(Millis{2'000});
    EXPECT_FALSE(store.before_commit);
    EXPECT_GT(store.readings, readings) << "what changed is read";
    // Two nodes, polled every two seconds by now: polling does not restart for either of them.
    EXPECT_LE(agent.queries, queries + 2 * 2);

    agent.progress = 60;
    clock.advance(Millis{4'000});
    EXPECT_EQ(rows.find(NodeId{1})->progress, 60);
    EXPECT_EQ(rows.find(NodeId{2})->progress, 60);
    runner->stop();
    clock.advance(Millis{100});
}

TEST_F(Running, leaves_a_begun_release_to_whoever_has_the_keys_of_its_secrets) {
    store.closed = "there is no key";
    clock.advance(Millis{6'000});  // a renewal reads the release again
    EXPECT_TRUE(store.is_given_back);
    EXPECT_EQ(rows.header.status, release::ReleaseStatus::running) << "it is not ended for that";
    EXPECT_EQ(rows.count(NodeStatus::running), 2);
    EXPECT_FALSE(is_over) << "so that it is not claimed here again at once";
    clock.advance(Millis{6'000});
    EXPECT_TRUE(is_over);
}

TEST_F(Running, stops_a_release_whose_secrets_it_cannot_open) {
    store.closed = "there is no key";
    rows.header.requested = release::Action::stop;
    agent.status = release::TaskStatus::cancelled;
    clock.advance(Millis{10'000});
    EXPECT_EQ(rows.header.status, release::ReleaseStatus::cancelled);
}

TEST_F(Running, leaves_nothing_behind_when_it_is_over) {
    // As for a release that takes weeks.
    rows.header.policy.node_timeout = Millis{30LL * 24 * 3'600'000};
    ++rows.header.steer_seq;
    clock.advance(Millis{20'000});
    agent.status = release::TaskStatus::success;
    clock.advance(Millis{5'000});
    ASSERT_TRUE(store.is_given_back);

    const std::weak_ptr<Runner> left = runner;
    runner.reset();
    clock.pump();
    EXPECT_TRUE(left.expired());
    EXPECT_EQ(clock.sleepers(), 0U);
}

TEST_F(Running, lets_go_of_rows_and_payloads_while_somebody_still_holds_it) {
    agent.status = release::TaskStatus::success;
    const std::weak_ptr<const Parcel> parcel = agent.parcel;
    ASSERT_FALSE(parcel.expired());
    clock.advance(Millis{5'000});
    ASSERT_TRUE(store.is_given_back);
    agent.parcel.reset();
    EXPECT_TRUE(parcel.expired());
}

}  // namespace
}  // namespace edgeroll::control
