// Releases that undo other releases, by the API and by on_failure.
#include "release/wire/json_util.hpp"
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::BatchStatus;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ApiRollbackTest : public SteeringTest {
  protected:
    ReleaseId failed_one() {
        add_content(5, 'b');
        add_content(7, 'a');
        return add_failed_release(7, 5, 'a');
    }
    std::int64_t bans(char letter) {
        return number("SELECT COUNT(*) FROM banned_contents WHERE sha256 = ?",
                      {std::string(64, letter)});
    }
    ReleaseId rollback_of(ReleaseId id) {
        return ReleaseId{number(
            "SELECT COALESCE(MAX(id), 0) FROM release_tasks WHERE rolls_back = ?", {id.value})};
    }
    /// The core's commit that ends a release with on_failure rollback.
    Committed fail_and_undo(const Claim& claim) {
        Commit commit;
        commit.expected_status = ReleaseStatus::running;
        commit.release.status = ReleaseStatus::failed;
        commit.release.batch_status = BatchStatus::stopped;
        commit.release.is_finished = true;
        commit.creates_rollback = true;
        return control().commit(claim, commit);
    }
};

TEST_P(ApiRollbackTest, gives_each_touched_node_what_it_had_before) {
    const ReleaseId id = failed_one();
    const auto done = roll_back(id);
    ASSERT_TRUE(done) << done.error().message;
    const ReleaseId made = done->created.id;
    EXPECT_EQ(done->created.version, Version{8});
    EXPECT_THAT(done->created.plan, SizeIs(2)) << "the skipped node was not touched";
    EXPECT_THAT(done->left_alone, IsEmpty());
    EXPECT_THAT(done->created.plan_sha256, SizeIs(64));
    EXPECT_EQ(field(made, "rolls_back"), std::to_string(id.value));
    EXPECT_EQ(field(made, "status"), "pending");
    EXPECT_EQ(field(made, "type"), "apply_config");
    EXPECT_EQ(field(made, "total_nodes"), "2");
    EXPECT_EQ(field(made, "total_batches"), "1");
    EXPECT_EQ(field(made, "created_by"), "ann");
    EXPECT_EQ(field(made, "content_sha256"), "NULL");
    EXPECT_EQ(field(made, "plan_sha256"), done->created.plan_sha256);
    EXPECT_EQ(field(made, "forced"), "0");
    EXPECT_EQ(field(made, "batch_config"), R"({"failure_threshold":1})") << "limits are open";
    EXPECT_EQ(row_field(made, 1, "batch"), "1");
    EXPECT_EQ(row_field(made, 1, "config_version"), "5");
    EXPECT_EQ(row_field(made, 2, "batch"), "1") << "the first look has up to three nodes";
    EXPECT_EQ(row_field(made, 2, "config_version"), "5");
    EXPECT_EQ(bans('a'), 1);
    EXPECT_EQ(bans('b'), 0);
    EXPECT_EQ(text("SELECT reason FROM banned_contents"),
              "rolled back by release " + std::to_string(made.value));
    EXPECT_THAT(history(id), ElementsAre("rollback_requested"));
    EXPECT_THAT(history(made), ElementsAre("release_created"));
    EXPECT_THAT(control().claimable(), ElementsAre(made.value));
    EXPECT_EQ(control().get(control().api().release(id)).summary.rolled_back_by, made);
}

TEST_P(ApiRollbackTest, is_refused_a_second_time_and_in_the_wrong_state) {
    const ReleaseId id = failed_one();
    set(id, "status = 'running'");
    EXPECT_EQ(refusal(roll_back(id)).code, code::wrong_state);
    set(id, "status = 'failed', content_sha256 = 'reload'");
    EXPECT_THAT(refusal(roll_back(id)).message, HasSubstr("only reloaded"));
    set(id, "content_sha256 = '" + std::string(64, 'a') + "'");
    EXPECT_EQ(refusal(roll_back(ReleaseId{99})).code, code::not_found);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 1) << "a refusal writes nothing";
    EXPECT_EQ(bans('a'), 0);
    ASSERT_TRUE(roll_back(id));
    EXPECT_THAT(refusal(roll_back(id, true)).message, HasSubstr("already"));
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 2);
}

TEST_P(ApiRollbackTest, is_taken_up_again_after_a_stop) {
    const ReleaseId id = failed_one();
    const auto done = roll_back(id);
    ASSERT_TRUE(done);
    const ReleaseId made = done->created.id;
    set(made, "status = 'cancelled', finished_at = '2026-01-01 00:00:00'");
    set_row(made, 1, "status = 'success', attempt = 1");
    set_row(made, 2, "status = 'cancelled', attempt = 1");
    RetryRequest request;
    request.id = made;
    request.actor = "ann";
    const auto retried = control().await(control().api().retry(request));
    ASSERT_TRUE(retried) << retried.error().message;
    EXPECT_THAT(retried->nodes, SizeIs(1));
    EXPECT_EQ(row_field(made, 1, "status"), "success");
    EXPECT_EQ(row_field(made, 2, "status"), "pending");
    EXPECT_EQ(row_field(made, 2, "config_version"), "5");
    EXPECT_THAT(control().claimable(), ElementsAre(made.value));
}

TEST_P(ApiRollbackTest, leaves_alone_what_nobody_ever_saw_and_names_it) {
    const ReleaseId id = failed_one();
    sql("UPDATE nodes SET applied_version = NULL, applied_config_version = NULL WHERE id = 2");
    auto done = roll_back(id);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_THAT(done->created.plan, SizeIs(1));
    ASSERT_THAT(done->left_alone, SizeIs(1));
    EXPECT_EQ(done->left_alone[0].name, "n2");
    EXPECT_THAT(history(done->created.id), ElementsAre("release_created", "node_left_alone"));
    EXPECT_THAT(detail(done->created.id, "node_left_alone"), HasSubstr("never saw"));
}

TEST_P(ApiRollbackTest, is_refused_when_nothing_is_left_to_put_back) {
    const ReleaseId id = failed_one();
    sql("DELETE FROM config_versions WHERE version = 5");
    EXPECT_THAT(refusal(roll_back(id)).message, HasSubstr("version 5) is gone"));
    add_content(5, 'b');
    sql("INSERT INTO banned_contents (sha256) VALUES (?)", {std::string(64, 'b')});
    EXPECT_THAT(refusal(roll_back(id)).message, HasSubstr("is banned"));
    const auto forced = roll_back(id, true);
    ASSERT_TRUE(forced) << forced.error().message;
    EXPECT_EQ(field(forced->created.id, "forced"), "1") << "or it would fail with the ban";
}

TEST_P(ApiRollbackTest, a_later_release_on_the_nodes_must_be_forced_aside) {
    const ReleaseId id = failed_one();
    sql("UPDATE nodes SET applied_version = 8 WHERE id = 2");
    EXPECT_THAT(refusal(roll_back(id)).message, HasSubstr("version 8: n2"));
    sql("UPDATE nodes SET applied_version = 5 WHERE id = 2");
    const ReleaseId later = add_release(8, 1);
    add_row(later, 1);
    const std::string name = "release " + std::to_string(later.value);
    set(later, "status = 'running', current_batch = 1");
    set_row(later, 1, "status = 'running'");
    EXPECT_THAT(refusal(roll_back(id)).message,
                HasSubstr(name + " (version 8): n1. First stop " + name))
        << "it goes first, and would then be undone by the rollback";
    const auto forced = roll_back(id, true);
    ASSERT_TRUE(forced) << forced.error().message;
    EXPECT_EQ(forced->created.version, Version{9});
    EXPECT_EQ(bans('a'), 1) << "forced or not";
}

TEST_P(ApiRollbackTest, a_later_release_that_has_not_begun_is_not_in_the_way) {
    const ReleaseId id = failed_one();
    const ReleaseId later = add_release(8, 1);
    add_row(later, 1);
    const auto made = roll_back(id);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->created.version, Version{9});
    EXPECT_THAT(control().claimable(), ElementsAre(made->created.id.value));
    // Nor when the rollback, which failed, is tried again.
    set(made->created.id, "status = 'failed', current_batch = 1, finished_at = created_at");
    sql("UPDATE release_task_nodes SET status = 'failed', attempt = 1 WHERE release_task_id = ?",
        {made->created.id.value});
    const ReleaseId queued = add_release(11, 1);
    add_row(queued, 1);
    RetryRequest again;
    again.id = made->created.id;
    again.actor = "ann";
    set(queued, "current_batch = 1");
    EXPECT_THAT(refusal(control().await(control().api().retry(again))).message,
                HasSubstr("is not finished and shares nodes"));
    set(queued, "current_batch = 0");
    const auto retried = control().await(control().api().retry(again));
    EXPECT_TRUE(retried) << retried.error().message;
}

// A release and its rollback cancel each other out: neither prevents an earlier rollback.
TEST_P(ApiRollbackTest, pairs_that_were_undone_are_left_out) {
    const ReleaseId id = failed_one();
    add_content(8, 'c');
    const ReleaseId later = add_release(8, 1);
    add_row(later, 1);
    set(later, "status = 'success', finished_at = created_at, content_sha256 = '" +
                   std::string(64, 'c') + "'");
    set_row(later, 1, "status = 'success', attempt = 1, previous_config_version = 7");
    sql("UPDATE nodes SET applied_version = 8, applied_config_version = 8 WHERE id = 1");
    const std::string name = "release " + std::to_string(later.value);
    EXPECT_THAT(refusal(roll_back(id)).message,
                HasSubstr(name + " (version 8): n1. First roll back " + name));
    const auto undone = roll_back(later);
    ASSERT_TRUE(undone) << undone.error().message;
    const std::string undoing = "release " + std::to_string(undone->created.id.value);
    EXPECT_THAT(refusal(roll_back(id)).message, HasSubstr("First stop " + undoing))
        << "it is not over";
    set(undone->created.id, "status = 'failed', finished_at = created_at");
    set_row(undone->created.id, 1, "status = 'failed', attempt = 1");
    EXPECT_THAT(refusal(roll_back(id)).message, HasSubstr("First retry " + undoing));
    set(undone->created.id, "status = 'success'");
    set_row(undone->created.id, 1, "status = 'success'");
    sql("UPDATE nodes SET applied_version = 9, applied_config_version = 7 WHERE id = 1");
    const auto done = roll_back(id);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_THAT(done->created.plan, SizeIs(2));
}

TEST_P(ApiRollbackTest, a_dry_run_says_what_each_node_would_get_and_writes_nothing) {
    const ReleaseId id = failed_one();
    sql("UPDATE nodes SET applied_version = NULL, applied_config_version = NULL WHERE id = 2");
    RollbackRequest request;
    request.id = id;
    request.is_dry_run = true;
    const auto plan = control().get(control().api().roll_back(request));
    EXPECT_EQ(plan.created.id, ReleaseId{});
    EXPECT_EQ(plan.created.version, Version{8});
    EXPECT_THAT(plan.created.names, ElementsAre("n1"));
    ASSERT_THAT(plan.created.plan, SizeIs(1));
    EXPECT_EQ(plan.created.plan[0].config_version, Version{5});
    EXPECT_EQ(plan.digests.at(Version{5}), std::string(64, 'b'));
    EXPECT_EQ(plan.banned, std::string(64, 'a'));
    ASSERT_THAT(plan.left_alone, SizeIs(1));
    EXPECT_EQ(plan.left_alone[0].name, "n2");
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_events"), 0);
    EXPECT_EQ(bans('a'), 0);
    const auto done = roll_back(id);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->created.plan, plan.created.plan);
    EXPECT_EQ(done->created.plan_sha256, plan.created.plan_sha256);
    EXPECT_EQ(done->created.version, plan.created.version);
    EXPECT_THAT(refusal(control().await(control().api().roll_back(request))).message,
                HasSubstr("rollback is refused: "));
}

TEST_P(ApiRollbackTest, whoever_looks_at_a_release_is_told_what_a_rollback_would_do) {
    const ReleaseId id = failed_one();
    const auto look = [&] { return control().get(control().api().release(id)).rollback; };
    ASSERT_TRUE(look());
    EXPECT_EQ(look()->nodes, 2U);
    EXPECT_EQ(look()->left_alone, 0U);
    EXPECT_EQ(look()->obstacle, "");
    sql("UPDATE nodes SET applied_version = 8 WHERE id = 2");
    EXPECT_THAT(look()->obstacle, HasSubstr("version 8: n2"));
    sql("UPDATE nodes SET applied_version = 5 WHERE id = 2");
    ASSERT_TRUE(roll_back(id));
    EXPECT_FALSE(look()) << "its own state does not allow a second one";
    set(id, "status = 'running'");
    EXPECT_FALSE(look());
}

// The fleet's capacity is the same during a rollback.
TEST_P(ApiRollbackTest, keeps_how_many_nodes_run_at_once) {
    const ReleaseId id = failed_one();
    set(id, R"(batch_config = '{"max_parallel":3,"max_parallel_per":{"region":2},)"
            R"("pause_after_batch":true,"failure_threshold":0}')");
    const auto done = roll_back(id);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(field(done->created.id, "batch_config"),
              R"({"failure_threshold":1,"max_parallel":3,"max_parallel_per":{"region":2}})");
}

TEST_P(ApiRollbackTest, bans_no_content_that_it_puts_back) {
    add_content(5, 'a');
    add_content(7, 'a');
    const ReleaseId id = add_failed_release(7, 5, 'a');
    ASSERT_TRUE(roll_back(id));
    EXPECT_EQ(bans('a'), 0) << "the release changed nothing: the rollback could not run";
}

TEST_P(ApiRollbackTest, a_release_undoes_itself_in_the_commit_that_ends_it) {
    const ReleaseId id = failed_one();
    set(id, "status = 'running', finished_at = NULL");
    const Claim claim = control().claim(id).value();
    ASSERT_EQ(fail_and_undo(claim), Committed::done);
    EXPECT_EQ(field(id, "status"), "failed");
    const ReleaseId made = rollback_of(id);
    ASSERT_NE(made.value, 0);
    EXPECT_EQ(field(made, "created_by"), "edgeroll");
    EXPECT_EQ(row_field(made, 1, "config_version"), "5");
    EXPECT_EQ(bans('a'), 1);
    EXPECT_THAT(history(id), Contains("rollback_requested"));
}

TEST_P(ApiRollbackTest, a_release_that_cannot_undo_itself_ends_all_the_same_and_says_why) {
    const ReleaseId id = failed_one();
    set(id, "status = 'running', finished_at = NULL");
    sql("DELETE FROM config_versions WHERE version = 5");
    ASSERT_EQ(fail_and_undo(control().claim(id).value()), Committed::done);
    EXPECT_EQ(field(id, "status"), "failed");
    EXPECT_EQ(rollback_of(id).value, 0);
    EXPECT_THAT(detail(id, "rollback_refused"), HasSubstr("is gone"));
}

TEST_P(ApiRollbackTest, a_rollback_does_not_undo_itself) {
    const ReleaseId id = failed_one();
    set(id, "status = 'running', finished_at = NULL, rolls_back = 1");
    ASSERT_EQ(fail_and_undo(control().claim(id).value()), Committed::done);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 1);
    EXPECT_THAT(detail(id, "rollback_refused"), HasSubstr("is a rollback itself"));
}

TEST_P(ApiRollbackTest, two_at_once_make_one) {
    const ReleaseId id = failed_one();
    Process other(url(), "control-2");
    RollbackRequest request;
    request.id = id;
    std::optional<Result<RolledBack>> first, second;
    control().start(control().api().roll_back(request), first);
    other.start(other.api().roll_back(request), second);
    control().run_until(first);
    other.run_until(second);
    EXPECT_NE(first->has_value(), second->has_value());
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 2);
}

EDGEROLL_ON_BOTH_DATABASES(ApiRollbackTest);

}  // namespace
}  // namespace edgeroll::control::testing
