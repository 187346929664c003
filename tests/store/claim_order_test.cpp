// The order of claims, the length of leases, and rows locked by other sessions (docs/contract.md
// 4.1).
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::Millis;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ClaimOrderTest : public StoreTest {
  protected:
    /// A release with a node of its own.
    ReleaseId add(std::int64_t version) {
        const ReleaseId id = add_release(version, 1);
        add_row(id, add_node("n" + std::to_string(version), "10.0.0." + std::to_string(version)));
        return id;
    }
    void set(ReleaseId id, const std::string& columns) {
        sql("UPDATE release_tasks SET " + columns + " WHERE id = ?", {id.value});
    }
    std::string from_now(int seconds) {
        return hand().dialect().now_plus_seconds(std::to_string(seconds));
    }
    std::vector<std::pair<std::int64_t, bool>> candidates(int limit, int resting) {
        std::vector<std::pair<std::int64_t, bool>> all;
        for (const Candidate& one : control().get(control().store().claimable(limit, resting)))
            all.emplace_back(one.release.value, one.is_resting);
        return all;
    }
};

using Listed = std::vector<std::pair<std::int64_t, bool>>;

TEST_P(ClaimOrderTest, names_releases_at_work_first_and_those_that_rest_last) {
    const ReleaseId paused = add(1);
    set(paused, "status = 'paused', batch_status = 'paused', hold = 'review', current_batch = 1");
    const ReleaseId by_hand = add(2);
    set(by_hand, "status = 'paused', current_batch = 1");
    const ReleaseId bakes = add(3);
    set(bakes, "status = 'paused', hold = 'bake', current_batch = 1, hold_until = " + from_now(90));
    const ReleaseId asks = add(4);
    set(asks, "status = 'paused', hold = 'gate', current_batch = 1, hold_until = " + from_now(90));
    const ReleaseId fresh = add(5);
    const ReleaseId ended = add(6);
    set(ended, "status = 'success'");
    const ReleaseId baked = add(7);
    set(baked, "status = 'paused', hold = 'bake', current_batch = 1, hold_until = " + from_now(-1));
    const ReleaseId continued = add(8);
    set(continued,
        "status = 'paused', hold = 'review', current_batch = 1, requested_action = "
        "'continue'");
    const ReleaseId polls = add(9);
    set(polls, "status = 'paused', current_batch = 1");
    sql("UPDATE release_task_nodes SET status = 'running' WHERE release_task_id = ?",
        {polls.value});
    const ReleaseId running = add(10);
    set(running, "status = 'running', current_batch = 1");

    // A gate may be asked during the bake too.
    const Listed rest{
        {bakes.value, true}, {asks.value, true}, {paused.value, true}, {by_hand.value, true}};
    Listed all{{baked.value, false},   {continued.value, false}, {polls.value, false},
               {running.value, false}, {fresh.value, false},     {ended.value, false}};
    all.insert(all.end(), rest.begin(), rest.end());
    EXPECT_EQ(candidates(100, 100), all);
    EXPECT_EQ(candidates(0, 100), rest) << "they take no place";
    EXPECT_EQ(candidates(1, 1), (Listed{{baked.value, false}, {bakes.value, true}}));
}

TEST_P(ClaimOrderTest, takes_a_lease_from_the_future_for_one_that_has_run_out) {
    const ReleaseId id = add(1);
    ASSERT_TRUE(control().claim(id));
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks WHERE lease_sec = 15"), 1);
    Process other(url(), "control-2");

    // The clocks of two machines may differ a little.
    set(id, "lease_expires_at = " + from_now(19));
    EXPECT_THAT(other.claimable(), IsEmpty());
    EXPECT_FALSE(other.claim(id));
    set(id, "lease_expires_at = " + from_now(22));
    EXPECT_THAT(other.claimable(), ElementsAre(id.value));
    const auto taken = other.claim(id);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->epoch.value, 2);
    EXPECT_THAT(control().claimable(), IsEmpty());
}

TEST_P(ClaimOrderTest, gives_a_lease_whose_length_nobody_wrote_an_hour) {
    const ReleaseId id = add(1);
    for (const char* length : {"NULL", "-1", "1e300"}) {
        set(id, std::string("claimed_by = 'older', lease_sec = ") + length +
                    ", lease_expires_at = " + from_now(3'500));
        EXPECT_THAT(control().claimable(), IsEmpty()) << length;
        set(id, "lease_expires_at = " + from_now(3'700));
        EXPECT_THAT(control().claimable(), ElementsAre(id.value)) << length;
    }
}

TEST_P(ClaimOrderTest, writes_the_length_of_a_lease_with_each_renewal) {
    const ReleaseId id = add(1);
    auto claim = control().claim(id);
    set(id, "lease_sec = 0.5");
    ASSERT_TRUE(control().get(control().store().renew(*claim)));
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks WHERE lease_sec = 15"), 1);
}

// A pipeline that keeps its transaction open. SQLite has no row locks.
TEST_P(ClaimOrderTest, waits_for_no_row_that_another_session_has_locked) {
    if (!is_mysql()) GTEST_SKIP() << "no locks of rows";
    const ReleaseId locked = add(1);
    const ReleaseId incomplete = add_release(2, 1);
    const ReleaseId good = add(3);
    const std::string waits =
        "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = "
        "'INNODB_ROW_LOCK_WAITS'";
    const std::string before = text(waits);
    hand().begin_write();
    for (const ReleaseId id : {locked, incomplete})
        hand().execute("UPDATE release_tasks SET reason = 'mine' WHERE id = ?", {id.value});

    EXPECT_THAT(control().claimable(), ElementsAre(locked.value, good.value));
    const auto refused = control().await(control().store().claim(locked, "order-a"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "the row of release 1 is locked by another session");
    EXPECT_EQ(refused.error().outcome, Outcome::not_done);
    EXPECT_TRUE(control().claim(good));
    hand().rollback();

    EXPECT_EQ(text(waits), before) << "nobody has waited";
    EXPECT_TRUE(control().claim(locked));
}

TEST_P(ClaimOrderTest, names_the_locked_row_to_whoever_steers) {
    const ReleaseId id = add(1);
    hand().begin_write();
    hand().execute("UPDATE release_tasks SET reason = 'mine' WHERE id = ?", {id.value});
    SteerRequest request;
    request.id = id;
    request.action = release::Steering::stop;
    const auto refused = control().await(control().api().steer(request));
    hand().rollback();

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, release::code::busy);
    EXPECT_EQ(refused.error().outcome, Outcome::not_done);
    EXPECT_THAT(refused.error().message,
                HasSubstr(is_mysql() ? "the row of release 1 is locked by another session"
                                     : "another process keeps the SQLite database busy"));
    EXPECT_TRUE(control().await(control().api().steer(request)));
}

EDGEROLL_ON_BOTH_DATABASES(ClaimOrderTest);

}  // namespace
}  // namespace edgeroll::control::testing
