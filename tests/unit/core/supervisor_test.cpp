#include "control/core/supervisor.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/manual_clock.hpp"
#include "tests/support/rows.hpp"
#include "tests/unit/core/fakes.hpp"
#include "tls/rt/signal.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;
using release::Result;

/// One release; its claim is answered when the test allows it.
class SlowClaim final : public StoreOfOne {
  public:
    rt::Signal answer;
    int claims = 0, given_back = 0;

    awaitable<Result<std::vector<Candidate>>> claimable(int, int) override {
        std::vector<Candidate> candidates{Candidate{release::ReleaseId{7}, false}};
        co_return candidates;
    }
    std::vector<std::string> orders;  ///< passed with the claims

    awaitable<Result<std::optional<Claim>>> claim(release::ReleaseId id,
                                                  std::string order_id) override {
        ++claims;
        orders.push_back(std::move(order_id));
        co_await answer.wait();
        std::optional<Claim> claim = Claim{id, release::Epoch{1}, "control-1", release::never};
        co_return claim;
    }
    bool holds_reading = false;
    rt::Signal reading;

    awaitable<Result<std::optional<release::Snapshot>>> read(const Claim&,
                                                             std::optional<int>) override {
        if (holds_reading) co_await reading.wait();
        co_return std::optional<release::Snapshot>();
    }
    awaitable<Result<void>> give_back(const Claim&) override {
        ++given_back;
        co_return Result<void>();
    }
};

struct Supervising : testing::Test {
    SlowClaim store;
    OneAgent agents;
    NoGates gates;
    NoJitter random;
    Silent observer;
    std::unique_ptr<Supervisor> supervisor;  // outlives the context's coroutines
    boost::asio::io_context context;
    test::ManualClock clock{context};
    bool is_stopped = false;

    void SetUp() override {
        supervisor = make_supervisor(context.get_executor(), store, agents, gates, clock, random,
                                     observer, SupervisorOptions());
        supervisor->start();
        clock.pump();
    }
    void stop(Millis grace) {
        rt::spawn(context.get_executor(), "stop", stop_and_tell(grace));
        clock.pump();
    }
    boost::asio::awaitable<void> stop_and_tell(Millis grace) {
        co_await supervisor->stop(grace);
        is_stopped = true;
    }
};

TEST_F(Supervising, gives_back_a_claim_that_was_on_its_way_when_it_was_stopped) {
    ASSERT_EQ(store.claims, 1);
    stop(Millis{4'000});
    clock.advance(Millis{1'000});
    EXPECT_FALSE(is_stopped) << "the database may already say that it is ours";

    store.answer.notify();
    clock.advance(Millis{1'000});

    EXPECT_EQ(store.given_back, 1);
    EXPECT_TRUE(is_stopped);
    EXPECT_EQ(store.claims, 1);
}

// A release that is claimable although this process runs it is another release under the same id:
// its rows were deleted and inserted again. Epoch and owner may be the same for both.
TEST_F(Supervising, claims_rows_that_were_inserted_again_only_when_it_runs_the_old_ones_no_more) {
    store.holds_reading = true;
    store.answer.notify();
    clock.advance(Millis{3'000});
    EXPECT_EQ(supervisor->running(), 1);
    EXPECT_EQ(store.claims, 1);

    store.holds_reading = false;
    store.reading.notify();  // the release of the first runner is gone
    clock.advance(Millis{3'000});

    EXPECT_EQ(store.claims, 2);
}

TEST_F(Supervising, gives_every_claim_a_name_of_its_own_to_propose) {
    ASSERT_EQ(store.orders.size(), 1U);
    EXPECT_EQ(store.orders[0].size(), 32U);
}

TEST_F(Supervising, waits_for_a_claim_no_longer_than_the_grace) {
    stop(Millis{4'000});
    clock.advance(Millis{3'900});
    EXPECT_FALSE(is_stopped);
    clock.advance(Millis{200});
    EXPECT_TRUE(is_stopped);
}

/// Releases of one node each that pause after their first batch of two, and a release that was
/// never begun.
class PausedStore final : public StoreOfOne {
  public:
    explicit PausedStore(int count) {
        for (int i = 0; i < count; ++i) {
            rows.push_back(std::make_unique<test::Rows>(std::vector<int>{1, 2}));
            test::Rows& one = *rows.back();
            one.header.id = release::ReleaseId{i + 1};
            one.header.version = release::Version{i + 1};
            one.header.policy.pauses_after_batch = true;
        }
        owned.resize(rows.size());
    }
    std::vector<std::unique_ptr<test::Rows>> rows;
    std::vector<bool> owned;
    int claims = 0;
    Clock* clock = nullptr;  ///< a commit takes a moment

    [[nodiscard]] int count(release::ReleaseStatus status) const {
        int found = 0;
        for (const auto& one : rows)
            found += one->header.status == status ? 1 : 0;
        return found;
    }

    awaitable<Result<std::vector<Candidate>>> claimable(int limit, int resting) override {
        std::vector<Candidate> found;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const test::Header& header = rows[i]->header;
            if (owned[i] || release::is_final(header.status)) continue;
            const bool rests = header.status == release::ReleaseStatus::paused &&
                               header.requested != release::Action::resume;
            int& places = rests ? resting : limit;
            if (places-- > 0) found.push_back(Candidate{header.id, rests});
        }
        co_return found;
    }
    awaitable<Result<std::optional<Claim>>> claim(release::ReleaseId id, std::string) override {
        ++claims;
        owned[static_cast<std::size_t>(id.value) - 1] = true;
        const release::Instant far{Millis{1'000'000'000}};
        std::optional<Claim> claim = Claim{id, release::Epoch{1}, "control-1", far};
        co_return claim;
    }
    awaitable<Result<void>> give_back(const Claim& claim) override {
        owned[static_cast<std::size_t>(claim.release.value) - 1] = false;
        co_return Result<void>();
    }
    awaitable<Result<std::optional<release::Snapshot>>> read(const Claim& claim,
                                                             std::optional<int> part) override {
        std::optional<release::Snapshot> snapshot = rows_of(claim).read(part);
        co_return snapshot;
    }
    awaitable<Result<Committed>> commit(const Claim& claim,
                                        const release::Commit& commit) override {
        co_await clock->sleep_until(clock->now() + Millis{10});
        co_return rows_of(claim).apply(commit) ? Committed::done : Committed::stale;
    }
    awaitable<Result<std::optional<Payload>>> payload(release::Version,
                                                      release::TaskType) override {
        std::optional<Payload> payload;
        payload.emplace();
        payload->text = "{}";
        payload->sha256 = rows.front()->header.content.sha256;
        co_return payload;
    }

  private:
    [[nodiscard]] test::Rows& rows_of(const Claim& claim) {
        return *rows[static_cast<std::size_t>(claim.release.value) - 1];
    }
};

struct Places : testing::Test {
    PausedStore store{4};
    OneAgent agent;
    NoGates gates;
    NoJitter random;
    Silent observer;
    std::unique_ptr<Supervisor> supervisor;  // outlives the context's coroutines
    boost::asio::io_context context;
    test::ManualClock clock{context};

    void SetUp() override {
        store.clock = &clock;
        SupervisorOptions options;
        options.max_releases = 1;
        options.dispatcher.rules.hold_max = Millis{0};
        agent.to_dispatch = agent.to_query = release::Heard::accepted;
        agent.status = release::TaskStatus::success;
        supervisor = make_supervisor(context.get_executor(), store, agent, gates, clock, random,
                                     observer, options);
        supervisor->start();
        clock.advance(Millis{20'000});
    }
};

TEST_F(Places, are_not_taken_by_releases_that_rest) {
    EXPECT_EQ(store.count(release::ReleaseStatus::paused), 4);
    EXPECT_EQ(supervisor->running(), 4);
}

TEST_F(Places, bound_also_those_that_go_on) {
    agent.status = release::TaskStatus::running;
    for (const auto& one : store.rows) {
        one->header.requested = release::Action::resume;
        ++one->header.steer_seq;
    }
    clock.advance(Millis{20'000});
    EXPECT_EQ(store.count(release::ReleaseStatus::running), 1);
    // A process without a free place leaves the release to others, and asks again only when a place
    // is free.
    EXPECT_EQ(supervisor->running(), 1);
    const int claims = store.claims;
    clock.advance(Millis{20'000});
    EXPECT_EQ(store.claims, claims);

    agent.status = release::TaskStatus::success;
    clock.advance(Millis{60'000});
    EXPECT_EQ(store.count(release::ReleaseStatus::success), 4);
}

TEST_F(Places, are_not_needed_to_stop_one_that_rests) {
    agent.status = release::TaskStatus::running;
    store.rows[0]->header.requested = release::Action::resume;
    ++store.rows[0]->header.steer_seq;
    clock.advance(Millis{20'000});
    ASSERT_EQ(store.count(release::ReleaseStatus::running), 1);

    store.rows[1]->header.requested = release::Action::stop;
    ++store.rows[1]->header.steer_seq;
    clock.advance(Millis{20'000});
    EXPECT_EQ(store.rows[1]->header.status, release::ReleaseStatus::cancelled);
}

}  // namespace
}  // namespace edgeroll::control
