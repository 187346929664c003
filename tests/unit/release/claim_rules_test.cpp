#include "release/claim_rules.hpp"

#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

Release running_release() {
    Release release;
    release.is_observed = true;
    release.seen.status = ReleaseStatus::running;
    release.seen.batch_status = BatchStatus::running;
    release.seen.current_batch = 1;
    return release;
}

TEST(ClaimRules, a_release_rests_while_it_waits_and_nothing_runs) {
    Release release = running_release();
    EXPECT_FALSE(is_resting(release));
    release.seen.status = ReleaseStatus::paused;
    EXPECT_TRUE(is_resting(release));
    release.counts.running = 1;
    EXPECT_FALSE(is_resting(release));

    release = running_release();
    release.seen.status = ReleaseStatus::pending;
    release.seen.hold = Hold::window;
    EXPECT_TRUE(is_resting(release)) << "before its first batch";
}

TEST(ClaimRules, only_work_needs_a_place) {
    EXPECT_TRUE(needs_place(running_release()));
    Release release = running_release();
    release.is_observed = false;
    EXPECT_FALSE(needs_place(release));
    release = running_release();
    release.seen.hold = Hold::bake;
    EXPECT_FALSE(needs_place(release));
    release = running_release();
    release.seen.is_ended = true;
    EXPECT_FALSE(needs_place(release));
    release = running_release();
    release.seen.status = ReleaseStatus::failed;
    EXPECT_FALSE(needs_place(release));
    release = running_release();
    release.seen.batch_status = BatchStatus::stopped;
    EXPECT_FALSE(needs_place(release)) << "a stop waits for no place";
}

TEST(ClaimRules, a_begun_release_is_left_to_whoever_has_its_key) {
    Snapshot seen;
    seen.current_batch = 1;
    EXPECT_FALSE(why_left_to_others(seen));
    seen.closed = "there is no key";
    EXPECT_EQ(why_left_to_others(seen), "there is no key");
    seen.requested = Action::stop;
    EXPECT_FALSE(why_left_to_others(seen)) << "a stop needs no content";
    seen.requested = Action::none;
    seen.current_batch = 0;
    EXPECT_FALSE(why_left_to_others(seen)) << "the reading says so as a problem";
}

}  // namespace
}  // namespace edgeroll::release
