#include "release/violation.hpp"

#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

TEST(ViolationPause, expects_what_the_refused_commit_expected_and_does_nothing_of_it) {
    Commit refused;
    refused.expected_status = ReleaseStatus::running;
    refused.expected_action = Action::resume;
    refused.expected_steer_seq = 7;
    refused.release.current_batch = 2;
    refused.nodes.resize(3);
    refused.skip_pending = SkipPending{"why"};

    const Commit pause = violation_pause(Violation{"I4", "counters differ"}, refused);
    EXPECT_EQ(pause.expected_status, ReleaseStatus::running);
    EXPECT_EQ(pause.expected_action, Action::resume);
    EXPECT_EQ(pause.expected_steer_seq, 7);
    ReleaseChange change;
    change.status = ReleaseStatus::paused;
    change.batch_status = BatchStatus::paused;
    change.hold = Hold::violation;
    change.last_error = "invariant I4: counters differ";
    EXPECT_EQ(pause.release, change);
    EXPECT_TRUE(pause.nodes.empty());
    EXPECT_FALSE(pause.skip_pending);
    ASSERT_EQ(pause.history.size(), 1U);
    EXPECT_EQ(pause.history[0].kind, "violation");
    EXPECT_FALSE(pause.history[0].node);
    using Detail = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(pause.history[0].detail,
              (Detail{{"invariant", "I4"}, {"detail", "counters differ"}}));
}

}  // namespace
}  // namespace edgeroll::release
