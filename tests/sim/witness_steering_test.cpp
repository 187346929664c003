// Tests the witness itself: it must see forbidden effects of operators and policies.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "witness.hpp"

namespace edgeroll::sim {
namespace {

using release::Action;
using release::BatchStatus;
using release::Commit;
using release::Hold;
using release::NodeChange;
using release::NodeId;
using release::NodeStatus;
using release::ReleaseId;
using release::ReleaseStatus;
using release::Version;

/// Three nodes in two batches of release 1; the first batch has just ended.
release::Gate gate_at(const std::string& url) {
    release::Gate gate;
    gate.url = url;
    return gate;
}

class WitnessSteeringTest : public testing::Test {
  protected:
    void SetUp() override {
        witness_.watch(database_);
        for (int number = 1; number <= 4; ++number) {
            InventoryRow node;
            node.id = NodeId{number};
            node.applied_version = node.applied_config_version = Version{5};
            database_.insert_node(node);
        }
        for (const int version : {5, 7, 10})
            database_.insert_content(Version{version}, "{\"of\":" + std::to_string(version) + "}");
        ReleaseRow row;
        row.id = ReleaseId{1};
        row.version = Version{10};
        row.total_nodes = 3;
        row.policy = policy_;
        database_.insert_release(row, {{{1}, 1}, {{2}, 2}, {{3}, 2}}, timeline_.now());
        claim_.release = row.id;
        claim_.owner = "a";
        claim_.epoch = *database_.claim("a", row.id, "order-a", timeline_.now());
        Commit start = commit_on(ReleaseStatus::pending);
        start.release.status = ReleaseStatus::running;
        start.release.batch_status = BatchStatus::running;
        start.release.current_batch = 1;
        start.release.is_started = true;
        start.release.content_sha256 = sim_digest("{\"of\":10}");
        start.nodes.push_back(change(1, NodeStatus::pending, NodeStatus::running));
        write(start);
        Commit end = commit_on(ReleaseStatus::running);
        end.nodes.push_back(change(1, NodeStatus::running, NodeStatus::failed));
        end.nodes.back().failure = release::FailureKind::rejected;
        write(end);
        ASSERT_TRUE(witness_.violations().empty());
    }

    static NodeChange change(int node, NodeStatus from, NodeStatus to, int attempt = 1) {
        NodeChange changed;
        changed.row_id = node;
        changed.node = NodeId{node};
        changed.from = from;
        changed.to = to;
        changed.attempt = attempt;
        changed.task_id = "task-" + std::to_string(node) + "-" + std::to_string(attempt);
        return changed;
    }
    static Commit commit_on(ReleaseStatus status) {
        Commit made;
        made.expected_status = status;
        return made;
    }
    ReleaseRow& row() { return database_.release_row(claim_.release); }
    void write(Commit made) {
        made.expected_action = row().requested;
        made.expected_steer_seq = row().steer_seq;
        ASSERT_EQ(database_.commit(claim_, made, timeline_.now()), control::Committed::done);
    }
    void pass(Millis span) {
        timeline_.after(span, [] {});
        timeline_.run_next();
    }
    Commit opening() {
        Commit next = commit_on(row().status);
        next.release.status = ReleaseStatus::running;
        next.release.batch_status = BatchStatus::running;
        next.release.hold = Hold::none;
        next.release.current_batch = 2;
        next.release.ends_pause = true;
        return next;
    }
    void rest(Hold hold) {
        Commit made = commit_on(ReleaseStatus::running);
        made.release.status = ReleaseStatus::paused;
        made.release.batch_status = BatchStatus::paused;
        made.release.hold = hold;
        made.release.marks_pause = true;
        write(made);
    }
    void finish_failed() {
        Commit end = commit_on(ReleaseStatus::running);
        end.release.status = ReleaseStatus::failed;
        end.release.is_finished = true;
        end.skip_pending = release::SkipPending{"enough"};
        end.creates_rollback = end.release.is_aborted =
            policy_.on_failure == release::OnFailure::rollback;
        write(end);
    }
    void expect_only(const std::string& invariant) {
        ASSERT_FALSE(witness_.violations().empty());
        for (const std::string& found : witness_.violations()) {
            EXPECT_TRUE(found.starts_with(invariant + ":")) << found;
        }
    }
    void expect_none() {
        EXPECT_TRUE(witness_.violations().empty()) << witness_.violations().front();
    }

    release::Policy policy_;
    Timeline timeline_;
    Trace trace_;
    Witness witness_{timeline_, trace_, release::Rules{Millis{60'000}}};
    SimDatabase database_{Millis{15'000}, &witness_};
    control::Claim claim_;
};

TEST_F(WitnessSteeringTest, sees_a_batch_opened_before_the_bake_is_over) {
    row().policy.bake = Millis{10'000};
    pass(Millis{9'000});
    write(opening());
    expect_only("between");
}

TEST_F(WitnessSteeringTest, lets_a_batch_open_after_bake_and_interval) {
    row().policy.bake = Millis{10'000};
    row().policy.batch_interval = Millis{20'000};
    pass(Millis{20'000});
    write(opening());
    expect_none();
}

TEST_F(WitnessSteeringTest, sees_a_batch_opened_without_its_gate) {
    row().policy.gates = {gate_at("http://gate/1")};
    witness_.gate_passes("http://gate/2");
    write(opening());
    expect_only("between");
}

TEST_F(WitnessSteeringTest, lets_a_batch_open_when_its_gate_has_passed) {
    row().policy.gates = {gate_at("http://gate/1")};
    witness_.gate_passes("http://gate/1");
    write(opening());
    expect_none();
}

TEST_F(WitnessSteeringTest, sees_a_batch_opened_without_a_review) {
    row().policy.pauses_after_batch = true;
    rest(Hold::review);
    write(opening());
    expect_only("between");
}

TEST_F(WitnessSteeringTest, lets_an_operator_open_a_batch) {
    row().policy.pauses_after_batch = true;
    rest(Hold::review);
    row().requested = Action::resume;
    Commit next = opening();
    next.release.clears_action = true;
    write(next);
    expect_none();
}

TEST_F(WitnessSteeringTest, sees_a_batch_opened_outside_of_its_window) {
    row().policy.windows = {{60, 120, 0}};  // the timeline begins a quarter after midnight
    row().status = ReleaseStatus::running;
    write(opening());
    expect_only("between");
}

TEST_F(WitnessSteeringTest, sees_a_pause_that_is_lost) {
    row().requested = Action::pause;
    Commit made = commit_on(ReleaseStatus::running);
    made.release.clears_action = true;
    write(made);
    expect_only("action");
}

TEST_F(WitnessSteeringTest, sees_a_stop_that_is_lost) {
    row().requested = Action::stop;
    Commit made = commit_on(ReleaseStatus::running);
    made.release.clears_action = true;
    write(made);
    expect_only("action");
}

TEST_F(WitnessSteeringTest, sees_failures_waived_by_nobody) {
    Commit made = commit_on(ReleaseStatus::running);
    made.release.waived_failures = 1;
    write(made);
    expect_only("waived");
}

TEST_F(WitnessSteeringTest, sees_more_attempts_than_the_policy_allows) {
    row().policy.limits.failure_threshold = 9;
    row().policy.retries = 1;
    Commit first = opening();
    first.nodes.push_back(change(2, NodeStatus::pending, NodeStatus::running));
    write(first);
    Commit second = commit_on(ReleaseStatus::running);
    second.nodes.push_back(change(2, NodeStatus::running, NodeStatus::running, 2));
    write(second);
    expect_none();
    Commit third = commit_on(ReleaseStatus::running);
    third.nodes.push_back(change(2, NodeStatus::running, NodeStatus::running, 3));
    write(third);
    expect_only("retry");
}

TEST_F(WitnessSteeringTest, sees_time_run_out_in_a_pause) {
    row().policy.release_timeout = Millis{60'000};
    rest(Hold::interval);
    pass(Millis{100'000});
    Commit end = commit_on(ReleaseStatus::paused);
    end.release.last_error = "the release was not done within its release_timeout_sec of 60 s";
    write(end);
    expect_only("time");
}

TEST_F(WitnessSteeringTest, lets_time_run_out_while_it_works) {
    row().policy.release_timeout = Millis{60'000};
    row().policy.batch_timeout = Millis{60'000};
    pass(Millis{60'000});
    Commit end = commit_on(ReleaseStatus::running);
    end.release.last_error = "the batch was not done within its batch_timeout_sec of 60 s";
    write(end);
    expect_none();
}

TEST_F(WitnessSteeringTest, lets_a_retry_take_nodes_of_a_failed_release_up) {
    finish_failed();
    EXPECT_TRUE(database_.retry(ReleaseId{1}, {NodeId{3}}));
    expect_none();
    EXPECT_EQ(row().status, ReleaseStatus::pending);
    EXPECT_EQ(row().waived_failures, 1);
    EXPECT_EQ(row().steer_seq, 1);
    EXPECT_FALSE(row().started_at.has_value());
    const auto& rows = database_.rows(ReleaseId{1});
    EXPECT_EQ(rows[0].status, NodeStatus::failed);
    EXPECT_TRUE(rows[1].is_left_out);
    EXPECT_EQ(rows[2].status, NodeStatus::pending);
    EXPECT_FALSE(database_.retry(ReleaseId{1}, {}));  // it is no longer finished
}

TEST_F(WitnessSteeringTest, has_no_retry_of_a_release_that_a_later_one_waits_for) {
    finish_failed();
    ReleaseRow later;
    later.id = ReleaseId{2};
    later.version = Version{20};
    database_.insert_release(later, {{{3}, 1}}, timeline_.now());
    EXPECT_FALSE(database_.retry(ReleaseId{1}, {}));
}

TEST_F(WitnessSteeringTest, sees_a_rollback_that_nobody_asked_for) {
    Commit end = commit_on(ReleaseStatus::running);
    end.release.status = ReleaseStatus::failed;
    end.release.is_finished = true;
    end.skip_pending = release::SkipPending{"enough"};
    end.creates_rollback = true;
    write(end);
    expect_only("rollback");
}

// ---- rollbacks, reported to the witness as the database would ----

class WitnessRollbackTest : public WitnessSteeringTest {
  protected:
    void SetUp() override {
        WitnessSteeringTest::SetUp();
        finish_failed();
        undone_ = row();
        undone_.policy.on_failure = release::OnFailure::rollback;
        undone_.aborted_at = timeline_.now();
        made_.id = ReleaseId{100};
        made_.rolls_back = undone_.id;
    }
    /// @param content the version of the node's new content
    void tell(int node, int content) {
        TaskRow one;
        one.node = NodeId{node};
        one.config_version = Version{content};
        witness_.rolled_back(undone_, database_.rows(undone_.id), made_, {one});
    }
    /// An earlier release gave the node its own content.
    void give(int node, int version) {
        ReleaseRow giver;
        giver.id = ReleaseId{version};
        giver.version = Version{version};
        giver.status = ReleaseStatus::running;
        TaskRow before;
        before.node = NodeId{node};
        before.status = NodeStatus::running;
        before.task_id = "task of " + std::to_string(version);
        TaskRow after = before;
        after.status = NodeStatus::success;
        ReleaseRow counted = giver;
        counted.success_nodes = 1;
        agent::apply::Entry task;
        task.task_id = before.task_id;
        witness_.finished(*node_, task, release::TaskStatus::success);
        control::Claim claim;
        witness_.committed(claim, giver, {before}, counted, {after});
    }

    ReleaseRow undone_, made_;
    Faults faults_{Rng(1)};
    std::unique_ptr<SimNode> node_ =
        std::make_unique<SimNode>(NodeId{1}, timeline_, faults_, trace_, witness_, Rng(1));
};

TEST_F(WitnessRollbackTest, lets_a_touched_node_get_what_it_had) {
    give(1, 5);
    give(1, 7);
    tell(1, 7);
    expect_none();
}

TEST_F(WitnessRollbackTest, sees_a_content_that_the_node_did_not_have_last) {
    give(1, 5);
    give(1, 7);
    tell(1, 5);
    expect_only("rollback");
}

TEST_F(WitnessRollbackTest, sees_a_content_that_nobody_knows_of) {
    tell(1, 7);
    expect_only("rollback");
}

TEST_F(WitnessRollbackTest, sees_a_node_that_was_not_touched) {
    give(2, 7);
    tell(2, 7);
    expect_only("rollback");
}

TEST_F(WitnessRollbackTest, sees_a_second_rollback) {
    give(1, 7);
    tell(1, 7);
    expect_none();
    tell(1, 7);
    expect_only("rollback");
}

TEST_F(WitnessRollbackTest, sees_a_rollback_of_a_rollback) {
    give(1, 7);
    undone_.rolls_back = ReleaseId{3};
    tell(1, 7);
    expect_only("rollback");
}

}  // namespace
}  // namespace edgeroll::sim
