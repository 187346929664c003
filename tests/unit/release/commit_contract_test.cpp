#include "release/step/commit_contract.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace edgeroll::release {
namespace {

Step honest_step() {
    Step done;
    done.commit.expected_status = ReleaseStatus::pending;
    done.commit.expected_action = Action::resume;
    done.commit.expected_steer_seq = 3;
    done.commit.release.status = done.next.seen.status = ReleaseStatus::running;
    done.commit.release.clears_action = true;
    done.commit.release.current_batch = 1;
    done.next.seen.requested = Action::none;
    done.next.seen.steer_seq = 3;
    done.commit.nodes.resize(2);
    done.commit.status_after = done.commit.batch_after = 1;
    done.commit.history.resize(2);
    done.commit.history[0].after_nodes = 1;
    done.commit.history[1].after_nodes = 2;
    return done;
}

TEST(CommitContract, an_honest_step_keeps_it) {
    EXPECT_FALSE(broken_promise(honest_step()));
}

TEST(CommitContract, is_broken_by_a_header_that_is_not_written) {
    const std::vector<std::function<void(Step&)>> ways{
        [](Step& done) { done.commit.release.status.reset(); },
        [](Step& done) { done.next.seen.status = ReleaseStatus::paused; },
        [](Step& done) { done.commit.release.clears_action = false; },
        [](Step& done) { done.next.seen.requested = Action::stop; },
        [](Step& done) { done.next.seen.steer_seq = 4; },
    };
    for (std::size_t i = 0; i < ways.size(); ++i) {
        Step done = honest_step();
        ways[i](done);
        const auto found = broken_promise(done);
        ASSERT_TRUE(found) << i;
        EXPECT_EQ(found->invariant, "step");
    }
}

TEST(CommitContract, is_broken_by_what_stands_behind_the_last_node_or_out_of_order) {
    const std::vector<std::function<void(Commit&)>> ways{
        [](Commit& commit) { commit.status_after = 3; },
        [](Commit& commit) { commit.batch_after = 3; },
        [](Commit& commit) { commit.release.current_batch.reset(); },
        [](Commit& commit) { commit.history[1].after_nodes = 3; },
        [](Commit& commit) {
            commit.history[0].after_nodes = 2, commit.history[1].after_nodes = 1;
        },
    };
    for (std::size_t i = 0; i < ways.size(); ++i) {
        Step done = honest_step();
        ways[i](done.commit);
        EXPECT_TRUE(broken_promise(done)) << i;
    }
}

TEST(CommitContract, events_write_neither_status_nor_action) {
    Commit commit;
    commit.nodes.resize(1);
    commit.release.started_batch = 1;  // derived from a read
    EXPECT_FALSE(written_by_events(commit));
    commit.release.status = ReleaseStatus::paused;
    EXPECT_TRUE(written_by_events(commit));
    commit.release.status.reset();
    commit.release.clears_action = true;
    EXPECT_TRUE(written_by_events(commit));
}

TEST(CommitContract, check_tells_of_a_step_that_contradicts_itself) {
    Step done;
    done.broken = Violation{"step", "an event has written the status"};
    const auto found = check(done);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->detail, "an event has written the status");
}

}  // namespace
}  // namespace edgeroll::release
