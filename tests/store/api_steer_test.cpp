// Pause, continue, stop and new limits by the API.
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::Action;
using release::Steering;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ApiSteerTest : public SteeringTest {
  protected:
    ReleaseId running(int batch = 1) {
        const ReleaseId id = add_whole_release(3, {1, 1});
        set(id,
            "status = 'running', batch_status = 'running', total_batches = 2, "
            "current_batch = " +
                std::to_string(batch));
        return id;
    }
    Result<ReleaseSummary> limit(ReleaseId id, const char* max_parallel) {
        LimitRequest request;
        request.id = id;
        request.actor = "ann";
        request.change.max_parallel = max_parallel;
        return control().await(control().api().limit(request));
    }
};

TEST_P(ApiSteerTest, a_pause_is_written_down_at_once_with_its_reason) {
    const ReleaseId id = running();
    const auto view = steer(id, Steering::pause, "lunch");
    ASSERT_TRUE(view) << view.error().message;
    EXPECT_EQ(view->summary.requested_action, "pause");
    EXPECT_EQ(field(id, "requested_action"), "pause");
    EXPECT_EQ(field(id, "steer_seq"), "1");
    EXPECT_EQ(field(id, "write_seq"), "1");
    EXPECT_THAT(history(id), ElementsAre("pause_requested"));
    EXPECT_EQ(detail(id, "pause_requested"), R"({"reason":"lunch"})");
    EXPECT_EQ(text("SELECT actor FROM release_events"), "ann");

    ASSERT_TRUE(steer(id, Steering::pause)) << "again: as it stands";
    EXPECT_EQ(field(id, "steer_seq"), "1");
    EXPECT_THAT(history(id), ElementsAre("pause_requested"));
}

TEST_P(ApiSteerTest, a_continue_withdraws_a_pause_and_ends_one) {
    const ReleaseId id = running();
    EXPECT_EQ(refusal(steer(id, Steering::resume)).code, code::wrong_state);
    ASSERT_TRUE(steer(id, Steering::pause));
    ASSERT_TRUE(steer(id, Steering::resume));
    EXPECT_EQ(field(id, "requested_action"), "NULL");
    EXPECT_EQ(detail(id, "continue_requested"), R"({"withdraws":"pause"})");
    set(id, "status = 'paused', batch_status = 'paused', hold = 'review'");
    ASSERT_TRUE(steer(id, Steering::resume));
    EXPECT_EQ(field(id, "requested_action"), "continue");
    EXPECT_EQ(field(id, "steer_seq"), "3");
}

TEST_P(ApiSteerTest, a_stop_outranks_everything_and_stays) {
    const ReleaseId id = running(2);
    EXPECT_THAT(refusal(steer(id, Steering::pause)).message, HasSubstr("its last batch"));
    set(id, "requested_action = 'pause'");
    ASSERT_TRUE(steer(id, Steering::stop));
    EXPECT_EQ(field(id, "requested_action"), "stop");
    EXPECT_EQ(refusal(steer(id, Steering::pause)).code, code::wrong_state);
    EXPECT_EQ(refusal(steer(id, Steering::resume)).code, code::wrong_state);
    EXPECT_TRUE(steer(id, Steering::stop));
    EXPECT_EQ(field(id, "requested_action"), "stop");
    EXPECT_EQ(field(id, "steer_seq"), "1") << "a refusal writes nothing";
    EXPECT_THAT(history(id), ElementsAre("stop_requested"));
}

TEST_P(ApiSteerTest, a_release_that_nobody_claimed_is_stopped_by_whoever_takes_it) {
    const ReleaseId id = add_whole_release(3, {1, 1});
    set(id, "not_before = '2037-01-01 00:00:00.000'");
    EXPECT_THAT(control().claimable(), IsEmpty());
    ASSERT_TRUE(steer(id, Steering::stop));
    EXPECT_THAT(control().claimable(), ElementsAre(id.value)) << "a stop waits for no time";
    const auto claim = control().claim(id);
    ASSERT_TRUE(claim);
    EXPECT_EQ(control().read(*claim)->requested, Action::stop);
}

TEST_P(ApiSteerTest, the_owner_of_the_release_sees_it_and_overtakes_nothing) {
    const ReleaseId id = running();
    const Claim claim = control().claim(id).value();
    ASSERT_TRUE(steer(id, Steering::pause));
    const auto marks = control().get(control().store().marks());
    ASSERT_EQ(marks.size(), 1U);
    EXPECT_EQ(marks[0].requested, Action::pause);
    EXPECT_EQ(marks[0].steer_seq, 1);
    Commit commit;
    commit.expected_status = ReleaseStatus::running;
    commit.release.current_batch = 2;
    EXPECT_EQ(control().commit(claim, commit), Committed::stale);
}

TEST_P(ApiSteerTest, says_what_is_not_there_and_what_is_over) {
    EXPECT_EQ(refusal(steer(ReleaseId{99}, Steering::stop)).code, code::not_found);
    const ReleaseId id = running();
    set(id, "status = 'cancelled', batch_status = 'stopped'");
    const auto refused = steer(id, Steering::stop);
    EXPECT_EQ(refusal(refused).code, code::wrong_state);
    EXPECT_THAT(refusal(refused).message, HasSubstr("cancelled"));
    EXPECT_EQ(refusal(limit(id, "4")).code, code::wrong_state);
    EXPECT_EQ(field(id, "write_seq"), "0");
}

TEST_P(ApiSteerTest, new_limits_are_merged_into_batch_config) {
    const ReleaseId id = running();
    set(id, R"(batch_config = '{"failure_threshold":2}')");
    const auto changed = limit(id, "4");
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ(changed->batch_config, R"({"failure_threshold":2,"max_parallel":4})");
    EXPECT_EQ(field(id, "batch_config"), changed->batch_config);
    EXPECT_EQ(field(id, "steer_seq"), "1");
    EXPECT_EQ(detail(id, "limits_changed"), R"({"max_parallel":"4"})");
    ASSERT_TRUE(limit(id, "null"));
    EXPECT_EQ(field(id, "batch_config"), R"({"failure_threshold":2})");
    EXPECT_EQ(refusal(limit(id, "-1")).code, code::invalid);
    set(id, "batch_config = '[1]'");
    EXPECT_EQ(refusal(limit(id, "4")).code, code::invalid);
}

TEST_P(ApiSteerTest, new_limits_make_no_plan_of_a_half_inserted_release) {
    const ReleaseId id = add_release(3, 2);
    EXPECT_EQ(refusal(limit(id, "4")).code, code::wrong_state);
    EXPECT_EQ(field(id, "batch_config"), "NULL");
    set(id, "batch_config = '{}'");
    EXPECT_TRUE(limit(id, "4")) << "one that edgeroll plans anyway";
}

TEST_P(ApiSteerTest, shows_holds_rollbacks_and_what_is_missing) {
    const ReleaseId id = running();
    set(id,
        "status = 'paused', batch_status = 'paused', hold = 'bake', hold_until = "
        "'2030-01-02 03:04:05.678', waived_failures = 2, rolls_back = 77, from_release = 66, "
        "callback_url = 'https://ci.example/x'");
    set_row(id, 1, "config_version = 2, agent_task_id = 'apply_config_10.0.0.1_3'");
    sql("INSERT INTO release_tasks (version, status, rolls_back, rows_seen, rows_seen_at) VALUES "
        "(9, 'pending', ?, 1, '2030-01-02 03:04:05.678')",
        {id.value});
    const ReleaseId other{number("SELECT id FROM release_tasks WHERE version = 9")};
    const auto by_hand = control().get(control().api().release(id));
    EXPECT_FALSE(by_hand.summary.rolls_back) << "edgeroll did not make it";
    EXPECT_FALSE(by_hand.summary.rolled_back_by);
    EXPECT_FALSE(by_hand.nodes[0].config_version) << "nobody is given that";
    for (const ReleaseId made : {id, other}) {
        sql("INSERT INTO release_events (release_task_id, kind, detail) VALUES (?, "
            "'release_created', ?)",
            {made.value, R"({"rolls_back":"77"})"});
    }
    const auto view = control().get(control().api().release(id));
    EXPECT_EQ(view.summary.hold, release::Hold::bake);
    EXPECT_EQ(view.summary.hold_until, "2030-01-02T03:04:05.678Z");
    EXPECT_EQ(view.summary.waived_failures, 2);
    EXPECT_EQ(view.summary.rolls_back, ReleaseId{77});
    EXPECT_EQ(view.summary.from_release, ReleaseId{66});
    EXPECT_EQ(view.summary.callback_url, "https://ci.example/x");
    EXPECT_EQ(view.nodes[0].config_version, Version{2});
    EXPECT_EQ(view.nodes[0].task_id, "apply_config_10.0.0.1_3");
    EXPECT_FALSE(view.nodes[1].config_version);
    EXPECT_EQ(view.summary.rolled_back_by, other);
    EXPECT_EQ(control().get(control().api().release(other)).summary.rows_until,
              "2030-01-02T03:05:05.678Z");
}

EDGEROLL_ON_BOTH_DATABASES(ApiSteerTest);

}  // namespace
}  // namespace edgeroll::control::testing
