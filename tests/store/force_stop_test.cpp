// A stop that waits for no node.
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::Action;
using release::FailureKind;
using release::Steering;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ForceStopTest : public SteeringTest {
  protected:
    /// The first batch is done, two nodes of the second run, and the fourth node is pending.
    ReleaseId begun() {
        const ReleaseId id = add_whole_release(3, {1, 2, 1});
        set(id,
            "status = 'running', batch_status = 'running', total_batches = 3, current_batch = 2, "
            "success_nodes = 1");
        set_row(id, 1, "status = 'success', attempt = 1");
        set_row(id, 2,
                "status = 'running', attempt = 1, agent_task_id = 'apply_config_10.0.0.2_3', "
                "started_at = created_at");
        set_row(id, 3, "status = 'running', attempt = 2, started_at = created_at");
        return id;
    }
    Result<ForceStopped> force_stop(ReleaseId id) {
        ActionRequest request;
        request.id = id;
        request.actor = "ann";
        request.reason = "edge-2 is cut off";
        return control().await(control().api().force_stop(request));
    }
};

TEST_P(ForceStopTest, gives_up_what_runs_in_one_write) {
    const ReleaseId id = begun();
    const auto stopped = force_stop(id);
    ASSERT_TRUE(stopped) << stopped.error().message;
    ASSERT_EQ(stopped->given_up.size(), 2U);
    EXPECT_EQ(stopped->given_up[0].id, NodeId{2});
    EXPECT_EQ(stopped->given_up[0].name, "n2");
    EXPECT_EQ(stopped->given_up[0].batch, 2);
    EXPECT_EQ(stopped->given_up[1].id, NodeId{3});
    EXPECT_EQ(stopped->view.summary.requested_action, "stop");
    EXPECT_EQ(stopped->view.nodes[1].status, NodeStatus::failed);
    EXPECT_EQ(stopped->view.nodes[1].failure, FailureKind::lost);
    EXPECT_EQ(field(id, "requested_action"), "stop");
    EXPECT_EQ(field(id, "steer_seq"), "1");
    EXPECT_EQ(field(id, "failed_nodes"), "2");
    expect_counters(id);
    for (const std::int64_t node : {2, 3}) {
        EXPECT_EQ(row_field(id, node, "status"), "failed");
        EXPECT_EQ(row_field(id, node, "failure_kind"), "lost");
        EXPECT_EQ(row_field(id, node, "error_msg"),
                  "stopped by force: what the node does now is not known");
        EXPECT_NE(row_field(id, node, "finished_at"), "NULL");
    }
    EXPECT_EQ(row_field(id, 1, "status"), "success");
    EXPECT_EQ(row_field(id, 4, "status"), "pending") << "the owner skips it, as at any stop";
    EXPECT_THAT(history(id), ElementsAre("stop_requested", "node_failed", "node_failed"));
    EXPECT_EQ(detail(id, "stop_requested"), R"({"force":"yes","reason":"edge-2 is cut off"})");
    EXPECT_EQ(text("SELECT detail FROM release_events WHERE kind = 'node_failed' AND node_id = 2"),
              R"({"attempt":"1","error":"stopped by force: what the node does now is not known",)"
              R"("failure":"lost","reason":"edge-2 is cut off","task":"apply_config_10.0.0.2_3"})");
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_events WHERE actor = 'ann'"), 3);
}

TEST_P(ForceStopTest, is_taken_while_a_plain_stop_waits_and_repeated_when_nothing_runs) {
    const ReleaseId id = begun();
    ASSERT_TRUE(steer(id, Steering::stop, "enough"));
    set(id, "batch_status = 'stopped'");
    const auto stopped = force_stop(id);
    ASSERT_TRUE(stopped) << stopped.error().message;
    EXPECT_EQ(stopped->given_up.size(), 2U);
    EXPECT_EQ(field(id, "steer_seq"), "2") << "the owner must read";
    EXPECT_THAT(history(id),
                ElementsAre("stop_requested", "stop_requested", "node_failed", "node_failed"));

    const auto again = force_stop(id);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_THAT(again->given_up, IsEmpty());
    EXPECT_EQ(field(id, "steer_seq"), "2");
    EXPECT_EQ(history(id).size(), 4U);
}

TEST_P(ForceStopTest, the_owner_overtakes_nothing_and_finds_nothing_to_wait_for) {
    const ReleaseId id = begun();
    const Claim claim = control().claim(id).value();
    ASSERT_TRUE(force_stop(id));
    Commit late;
    late.expected_status = ReleaseStatus::running;
    late.nodes = {node_change(2, NodeStatus::running, NodeStatus::success)};
    EXPECT_EQ(control().commit(claim, late), Committed::stale);
    EXPECT_EQ(row_field(id, 2, "status"), "failed");
    const auto seen = control().read(claim);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->requested, Action::stop);
    EXPECT_EQ(seen->steer_seq, 1);
    for (const auto& node : seen->nodes)
        EXPECT_NE(node.status, NodeStatus::running);
}

TEST_P(ForceStopTest, is_refused_when_it_is_over_or_not_there) {
    EXPECT_EQ(refusal(force_stop(ReleaseId{99})).code, code::not_found);
    const ReleaseId id = begun();
    set(id, "status = 'failed', batch_status = 'stopped'");
    const auto refused = force_stop(id);
    EXPECT_EQ(refusal(refused).code, code::wrong_state);
    EXPECT_THAT(refusal(refused).message, HasSubstr("stop is refused: the release is failed"));
    EXPECT_EQ(row_field(id, 2, "status"), "running");
    EXPECT_THAT(history(id), IsEmpty());
    EXPECT_EQ(field(id, "write_seq"), "0");
}

TEST_P(ForceStopTest, what_it_gave_up_is_rolled_back_like_any_failed_node) {
    const ReleaseId id = begun();
    add_content(2, 'b');
    sql("UPDATE nodes SET applied_version = 2, applied_config_version = 2");
    set(id, std::string("content_sha256 = '") + std::string(64, 'c') + "'");
    set_row(id, 1, "previous_config_version = 2");
    EXPECT_EQ(refusal(roll_back(id)).code, code::wrong_state) << "it is not finished";
    ASSERT_TRUE(force_stop(id));
    // The owner's next write.
    set(id, "status = 'cancelled', batch_status = 'stopped', finished_at = created_at");
    set_row(id, 4, "status = 'skipped'");
    const auto undone = roll_back(id);
    ASSERT_TRUE(undone) << undone.error().message;
    EXPECT_EQ(undone->created.plan.size(), 3U);
    EXPECT_THAT(undone->left_alone, IsEmpty());
}

EDGEROLL_ON_BOTH_DATABASES(ForceStopTest);

}  // namespace
}  // namespace edgeroll::control::testing
