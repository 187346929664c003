// Tests the witness itself: it must see a broken invariant even where the core's own checks would
// stop the commit earlier.
#include "witness.hpp"

#include <gtest/gtest.h>

#include <string>

namespace edgeroll::sim {
namespace {

using release::Commit;
using release::NodeChange;
using release::NodeStatus;
using release::ReleaseStatus;

class WitnessTest : public testing::Test {
  protected:
    WitnessTest() {
        witness_.watch(database_);
        for (int number = 1; number <= 3; ++number) {
            InventoryRow node;
            node.id = release::NodeId{number};
            database_.insert_node(node);
        }
        ReleaseRow row;
        row.id = release::ReleaseId{1};
        row.version = release::Version{10};
        row.total_nodes = 3;
        database_.insert_release(row, {{{1}, 1}, {{2}, 2}, {{3}, 2}}, timeline_.now());
        claim_.release = row.id;
        claim_.owner = "a";
        claim_.epoch = *database_.claim("a", row.id, "order-a", timeline_.now());
        Commit start;
        start.release.status = ReleaseStatus::running;
        start.release.is_started = true;
        start.nodes.push_back(change(1, NodeStatus::pending, NodeStatus::running));
        commit(start);
    }

    static NodeChange change(int node, NodeStatus from, NodeStatus to) {
        NodeChange changed;
        changed.row_id = node;
        changed.node = release::NodeId{node};
        changed.from = from;
        changed.to = to;
        changed.attempt = 1;
        changed.task_id = "task-" + std::to_string(node);
        return changed;
    }
    static Commit running(const NodeChange& changed) {
        Commit made;
        made.expected_status = ReleaseStatus::running;
        made.nodes.push_back(changed);
        return made;
    }
    void commit(const Commit& made) {
        EXPECT_EQ(database_.commit(claim_, made, timeline_.now()), control::Committed::done);
    }
    void expect_only(const std::string& invariant) {
        ASSERT_FALSE(witness_.violations().empty());
        for (const std::string& found : witness_.violations()) {
            EXPECT_TRUE(found.starts_with(invariant + ":")) << found;
        }
    }

    /// Node 1 ends its task as a success.
    void finish(const std::string& order, const std::string& content) {
        const SimNode node(release::NodeId{1}, timeline_, faults_, trace_, witness_, Rng(1));
        agent::apply::Entry task;
        task.task_id = "task-1";
        task.order_id = order;
        task.sha256 = content;
        witness_.finished(node, task, release::TaskStatus::success);
    }

    Timeline timeline_;
    Trace trace_;
    Faults faults_{Rng(1)};
    Witness witness_{timeline_, trace_, release::Rules{Millis{60'000}}};
    SimDatabase database_{Millis{15'000}, &witness_};
    control::Claim claim_;
};

TEST_F(WitnessTest, has_nothing_to_say_about_an_orderly_start) {
    EXPECT_TRUE(witness_.violations().empty());
}

TEST_F(WitnessTest, sees_a_batch_that_is_opened_early) {
    commit(running(change(2, NodeStatus::pending, NodeStatus::running)));
    expect_only("I1");
}

TEST_F(WitnessTest, sees_a_dispatch_over_the_limits) {
    NodeChange failure = change(1, NodeStatus::running, NodeStatus::failed);
    failure.failure = release::FailureKind::rejected;
    commit(running(failure));
    EXPECT_TRUE(witness_.violations().empty());

    commit(running(change(2, NodeStatus::pending, NodeStatus::running)));
    expect_only("I1");
}

TEST_F(WitnessTest, sees_a_dispatch_after_a_stop) {
    database_.release_row(claim_.release).requested = release::Action::stop;
    Commit late = running(change(2, NodeStatus::pending, NodeStatus::running));
    late.expected_action = release::Action::stop;
    commit(late);
    expect_only("I1");
}

TEST_F(WitnessTest, sees_a_finished_release_with_open_nodes) {
    Commit end;
    end.expected_status = ReleaseStatus::running;
    end.release.status = ReleaseStatus::failed;
    end.release.is_finished = true;
    commit(end);
    expect_only("I5");
}

TEST_F(WitnessTest, sees_a_success_with_skipped_nodes) {
    Commit end = running(change(1, NodeStatus::running, NodeStatus::failed));
    end.nodes.back().failure = release::FailureKind::rejected;
    end.release.status = ReleaseStatus::success;
    end.release.is_finished = true;
    end.skip_pending = release::SkipPending{"no reason"};
    commit(end);
    expect_only("I6");
}

TEST_F(WitnessTest, sees_a_success_that_no_agent_reported) {
    commit(running(change(1, NodeStatus::running, NodeStatus::success)));
    expect_only("truth");
}

// The agent remembers a task of deleted rows under the same id.
TEST_F(WitnessTest, sees_a_success_of_the_task_of_another_order) {
    finish("order-of-deleted-rows", "");
    commit(running(change(1, NodeStatus::running, NodeStatus::success)));
    expect_only("truth");
}

TEST_F(WitnessTest, sees_a_success_with_another_content) {
    finish("order-a", "cc");
    commit(running(change(1, NodeStatus::running, NodeStatus::success)));
    expect_only("order");
}

TEST_F(WitnessTest, sees_a_further_task_id_that_no_agent_asked_for) {
    NodeChange next = change(1, NodeStatus::running, NodeStatus::running);
    next.task_id += "_2";
    next.attempt = 2;
    next.ids_passed_over = 1;
    commit(running(next));
    expect_only("order");
}

TEST_F(WitnessTest, counts_a_failure_that_was_deleted_after_it_was_read) {
    database_.set_row_by_hand(claim_.release, release::NodeId{3}, NodeStatus::failed,
                              timeline_.now());
    timeline_.after(Millis{1}, [] {});
    timeline_.run_next();
    witness_.has_read(claim_.release, timeline_.now(), true);
    database_.delete_row(claim_.release, release::NodeId{3});
    finish("order-a", "");
    commit(running(change(1, NodeStatus::running, NodeStatus::success)));
    commit(running(change(2, NodeStatus::pending, NodeStatus::running)));
    expect_only("I1");
}

TEST_F(WitnessTest, counts_no_failure_that_was_deleted_before_anybody_read_it) {
    witness_.has_read(claim_.release, timeline_.now(), true);
    database_.set_row_by_hand(claim_.release, release::NodeId{3}, NodeStatus::failed,
                              timeline_.now());
    database_.delete_row(claim_.release, release::NodeId{3});
    finish("order-a", "");
    commit(running(change(1, NodeStatus::running, NodeStatus::success)));
    commit(running(change(2, NodeStatus::pending, NodeStatus::running)));
    EXPECT_EQ(witness_.violations(), std::vector<std::string>{});
}

TEST_F(WitnessTest, sees_a_timeout_before_its_time) {
    NodeChange failure = change(1, NodeStatus::running, NodeStatus::failed);
    failure.failure = release::FailureKind::timeout;
    commit(running(failure));
    expect_only("slot");
}

TEST_F(WitnessTest, sees_a_dispatch_without_an_intent) {
    witness_.holds_claim("a", claim_.release, timeline_.now() + Millis{1'000});
    control::Parcel parcel;
    parcel.order_id = "order-a";
    parcel.version = release::Version{10};
    parcel.payload = std::make_shared<const std::string>("{}");
    witness_.sends_dispatch("a", "task-1", parcel);
    EXPECT_TRUE(witness_.violations().empty());

    witness_.sends_dispatch("a", "task-2", parcel);
    expect_only("intent");
}

TEST_F(WitnessTest, sees_two_contents_in_one_release) {
    witness_.holds_claim("a", claim_.release, timeline_.now() + Millis{1'000});
    control::Parcel parcel;
    parcel.order_id = "order-a";
    parcel.version = release::Version{10};
    parcel.payload = std::make_shared<const std::string>("{}");
    witness_.sends_dispatch("a", "task-1", parcel);
    parcel.payload = std::make_shared<const std::string>("{\"files\":[]}");
    witness_.sends_dispatch("a", "task-1", parcel);
    expect_only("I10");
}

TEST_F(WitnessTest, sees_a_write_past_the_time_of_the_claim) {
    witness_.holds_claim("a", claim_.release, timeline_.now());
    witness_.writes(claim_);
    expect_only("I3");
}

TEST_F(WitnessTest, sees_a_release_that_never_ends) {
    witness_.check_end();
    expect_only("I7");
}

}  // namespace
}  // namespace edgeroll::sim
