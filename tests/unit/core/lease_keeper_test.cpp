#include "control/core/lease_keeper.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>

#include "tests/support/manual_clock.hpp"
#include "tests/unit/core/fakes.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;
using release::Result;

/// Answers a renewal with a delay.
class SlowStore final : public StoreOfOne {
  public:
    explicit SlowStore(Clock& clock) : clock_(clock) {}
    Millis takes{0};
    Result<bool> answer = true;

    awaitable<Result<bool>> renew(Claim& claim) override {
        const release::Instant asked = clock_.now();
        co_await clock_.sleep_until(asked + takes);
        if (answer && *answer) claim.good_until = asked + Millis{30'000};
        co_return answer;
    }

  private:
    Clock& clock_;
};

struct Renewals : testing::Test {
    boost::asio::io_context context;
    test::ManualClock clock{context};
    SlowStore store{clock};
    LeaseKeeper keeper{store, clock, claim_until(clock.now() + Millis{29'000}), Millis{30'000}};
    std::optional<Result<LeaseKeeper::Renewed>> outcome;

    static Claim claim_until(release::Instant good_until) {
        Claim claim;
        claim.good_until = good_until;
        return claim;
    }
    awaitable<void> renewing() { outcome = co_await keeper.renew(); }
    void renew() {
        outcome.reset();
        rt::spawn(context.get_executor(), "renewal", renewing());
        clock.advance(store.takes);
        clock.pump();
    }
};

TEST_F(Renewals, are_due_after_a_third_of_the_lease) {
    clock.advance(Millis{9'999});
    EXPECT_FALSE(keeper.is_renewal_due());
    clock.advance(Millis{1});
    EXPECT_TRUE(keeper.is_renewal_due());
    renew();
    ASSERT_TRUE(outcome && *outcome);
    EXPECT_EQ(**outcome, LeaseKeeper::Renewed::in_time);
    EXPECT_FALSE(keeper.is_renewal_due());
    keeper.renew_soon();
    EXPECT_TRUE(keeper.is_renewal_due());
}

TEST_F(Renewals, are_late_when_the_claim_had_expired_before_the_answer) {
    clock.advance(Millis{28'000});
    EXPECT_FALSE(keeper.is_expired());
    store.takes = Millis{1'000};
    renew();
    ASSERT_TRUE(outcome && *outcome);
    EXPECT_EQ(**outcome, LeaseKeeper::Renewed::late);
    EXPECT_FALSE(keeper.is_expired()) << "it is held again";
}

TEST_F(Renewals, stay_due_without_an_answer) {
    clock.advance(Millis{10'000});
    store.answer = release::fail("no connection", release::Outcome::unknown);
    renew();
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(*outcome);
    EXPECT_TRUE(keeper.is_renewal_due());
    store.answer = false;
    renew();
    ASSERT_TRUE(outcome && *outcome);
    EXPECT_EQ(**outcome, LeaseKeeper::Renewed::fenced);
    clock.advance(Millis{19'000});
    EXPECT_TRUE(keeper.is_expired());
}

}  // namespace
}  // namespace edgeroll::control
