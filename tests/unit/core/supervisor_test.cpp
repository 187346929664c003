#include "control/core/supervisor.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/core/signal.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/core/fakes.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;
using release::Result;

/// One release; its claim is answered when the test lets it be.
class SlowClaim final : public StoreOfOne {
  public:
    Signal answer;
    int claims = 0, given_back = 0;

    awaitable<Result<std::vector<release::ReleaseId>>> claimable(int) override {
        std::vector<release::ReleaseId> ids{release::ReleaseId{7}};
        co_return ids;
    }
    std::vector<std::string> orders;  ///< as given with the claims

    awaitable<Result<std::optional<Claim>>> claim(release::ReleaseId id,
                                                  std::string order_id) override {
        ++claims;
        orders.push_back(std::move(order_id));
        co_await answer.wait();
        std::optional<Claim> claim = Claim{id, release::Epoch{1}, "control-1", release::never};
        co_return claim;
    }
    bool holds_reading = false;
    Signal reading;

    awaitable<Result<std::optional<release::Snapshot>>> read(const Claim&) override {
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
        tls::rt::spawn(context.get_executor(), "stop", stop_and_tell(grace));
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

// A release that is claimable although it is being run here is another one under the same id: its
// rows were deleted and inserted again. Epoch and owner may be the same for both.
TEST_F(Supervising, claims_rows_that_were_inserted_again_only_when_it_runs_the_old_ones_no_more) {
    store.holds_reading = true;
    store.answer.notify();
    clock.advance(Millis{3'000});
    EXPECT_EQ(supervisor->running(), 1);
    EXPECT_EQ(store.claims, 1);

    store.holds_reading = false;
    store.reading.notify();  // what the first runner ran is gone
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

}  // namespace
}  // namespace edgeroll::control
