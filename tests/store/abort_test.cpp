// A release that is undone while it runs (docs/adr/0028), by its own commit and by the API.
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::BatchStatus;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AbortTest : public SteeringTest {
  protected:
    /// Node 1 has succeeded, node 2 runs, node 3 waits.
    ReleaseId running_one() {
        add_content(5, 'b');
        add_content(7, 'a');
        const ReleaseId id = add_failed_release(7, 5, 'a');
        set(id,
            "status = 'running', finished_at = NULL, batch_status = 'running', "
            "last_error = NULL, failed_nodes = 0");
        set_row(id, 2,
                "status = 'running', failure_kind = NULL, attempt = 1, finished_at = NULL, "
                "agent_task_id = 'task-2', started_at = created_at");
        set_row(id, 3, "status = 'pending', error_msg = NULL");
        return id;
    }
    ReleaseId rollback_of(ReleaseId id) {
        return ReleaseId{number(
            "SELECT COALESCE(MAX(id), 0) FROM release_tasks WHERE rolls_back = ?", {id.value})};
    }
    /// As the core writes it (release/step/abort.cpp).
    Commit abort() {
        Commit commit;
        commit.expected_status = ReleaseStatus::running;
        commit.release.is_aborted = true;
        commit.release.batch_status = BatchStatus::stopped;
        commit.release.last_error = "2 failed";
        commit.skip_pending =
            release::SkipPending{"not dispatched", false, release::ReasonKind::release_failed};
        commit.creates_rollback = true;
        return commit;
    }
    Result<RolledBack> ask_abort(ReleaseId id, bool is_fast = false) {
        RollbackRequest request;
        request.id = id;
        request.actor = "ann";
        request.reason = "errors";
        request.is_abort = true;
        request.is_fast = is_fast;
        return control().await(control().api().roll_back(request));
    }
};

TEST_P(AbortTest, the_rollback_is_there_before_the_last_node_has_ended) {
    const ReleaseId id = running_one();
    const Claim claim = control().claim(id).value();
    ASSERT_EQ(control().commit(claim, abort()), Committed::done);
    EXPECT_EQ(field(id, "status"), "running");
    EXPECT_NE(field(id, "aborted_at"), "NULL");
    const ReleaseId made = rollback_of(id);
    ASSERT_NE(made.value, 0);
    EXPECT_EQ(row_field(made, 1, "batch"), "1");
    EXPECT_EQ(row_field(made, 2, "batch"), "2") << "it still runs there";
    EXPECT_EQ(row_field(made, 2, "config_version"), "5");
    EXPECT_EQ(row_field(made, 3, "batch"), "(no row)") << "never touched";
    const auto seen = control().read(claim);
    ASSERT_TRUE(seen && seen->aborted_for);
    EXPECT_TRUE(seen->is_awaited);
    set(made, "status = 'cancelled', finished_at = created_at");
    EXPECT_FALSE(control().read(claim)->is_awaited) << "nobody waits any more";
}

TEST_P(AbortTest, the_rollback_waits_for_no_more_than_the_nodes_that_run) {
    const ReleaseId id = running_one();
    const Claim claim = control().claim(id).value();
    ASSERT_EQ(control().commit(claim, abort()), Committed::done);
    const ReleaseId made = rollback_of(id);
    EXPECT_THAT(control().claimable(), ElementsAre(made.value));
    const Claim undoing = control().claim(made).value();
    auto seen = control().read(undoing);
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen->blockers.empty());
    ASSERT_EQ(seen->nodes.size(), 2U);
    EXPECT_FALSE(seen->nodes[0].facts.is_still_running);
    EXPECT_TRUE(seen->nodes[1].facts.is_still_running);
    Commit start;
    start.release.status = ReleaseStatus::running;
    start.release.is_started = true;
    start.release.current_batch = 1;
    EXPECT_EQ(control().commit(undoing, start), Committed::done) << "nothing is in its way";

    NodeChange given_up = node_change(2, NodeStatus::running, NodeStatus::failed);
    Commit last;
    last.expected_status = ReleaseStatus::running;
    last.nodes = {given_up};
    ASSERT_EQ(control().commit(claim, last), Committed::done);
    EXPECT_FALSE(control().read(undoing)->nodes[1].facts.is_still_running);
}

TEST_P(AbortTest, the_rollback_goes_before_releases_that_have_not_begun) {
    const ReleaseId id = running_one();
    const ReleaseId queued = add_release(9, 3);
    const ReleaseId elsewhere = add_release(8, 1);
    for (const std::int64_t node : {1, 2, 3})
        add_row(queued, node);
    add_row(elsewhere, add_node("other", "10.9.0.1"));
    ASSERT_EQ(control().commit(control().claim(id).value(), abort()), Committed::done);
    const ReleaseId made = rollback_of(id);
    const release::Version version{
        number("SELECT version FROM release_tasks WHERE id = ?", {made.value})};
    ASSERT_GT(version.value, 9);
    EXPECT_THAT(control().claimable(), ElementsAre(made.value, elsewhere.value));
    const Claim undoing = control().claim(made).value();
    EXPECT_TRUE(control().read(undoing)->blockers.empty());
    EXPECT_THAT(control().read(control().claim(queued).value())->blockers,
                ElementsAre(release::Version{7}, version));
    set(queued, "current_batch = 1");
    EXPECT_THAT(control().read(undoing)->blockers, ElementsAre(release::Version{9}));
    set(queued, "current_batch = 0");
    set(id, "current_batch = 0, lease_expires_at = NULL");
    EXPECT_THAT(control().claimable(), Contains(id.value)) << "it waits for no rollback of its own";
}

// SQLite has one writer.
TEST_P(AbortTest, the_rollback_waits_for_no_pipeline_that_keeps_its_transaction_open) {
    if (!is_mysql()) GTEST_SKIP() << "no locks of rows";
    const ReleaseId id = running_one();
    const ReleaseId queued = add_release(9, 1);
    add_row(queued, 1);
    const Claim claim = control().claim(id).value();
    hand().begin_write();
    hand().execute("UPDATE release_tasks SET reason = 'mine' WHERE id = ?", {queued.value});
    hand().execute("INSERT INTO release_tasks (version, total_nodes) VALUES (90, 3)", {});
    EXPECT_EQ(control().commit(claim, abort()), Committed::done);
    hand().rollback();
    EXPECT_NE(rollback_of(id).value, 0);
}

TEST_P(AbortTest, rows_that_an_ended_release_left_running_keep_nobody_waiting) {
    const ReleaseId id = running_one();
    ASSERT_EQ(control().commit(control().claim(id).value(), abort()), Committed::done);
    const Claim undoing = control().claim(rollback_of(id)).value();
    set(id, "status = 'failed', finished_at = created_at");
    EXPECT_FALSE(control().read(undoing)->nodes[1].facts.is_still_running);
    sql("DELETE FROM release_tasks WHERE id = ?", {id.value});
    EXPECT_FALSE(control().read(undoing)->nodes[1].facts.is_still_running);
}

TEST_P(AbortTest, other_releases_are_waited_for_as_ever) {
    const ReleaseId earlier = add_release(3, 1);
    const ReleaseId id = running_one();
    add_row(earlier, 1);
    set(earlier, "status = 'running', current_batch = 1");
    ASSERT_EQ(control().commit(control().claim(id).value(), abort()), Committed::done);
    EXPECT_THAT(control().claimable(), ::testing::Not(Contains(rollback_of(id).value)));
}

TEST_P(AbortTest, a_rollback_is_offered_first_and_needs_no_place) {
    const ReleaseId id = running_one();
    const ReleaseId other = add_release(2, 1);
    add_node("n9", "10.0.0.9");
    add_row(other, 4);
    ASSERT_EQ(control().commit(control().claim(id).value(), abort()), Committed::done);
    const auto found = control().get(control().store().claimable(0, 0));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].release, rollback_of(id));
    EXPECT_TRUE(found[0].is_urgent);
    EXPECT_THAT(control().claimable(), ElementsAre(rollback_of(id).value, other.value));
}

TEST_P(AbortTest, an_abort_whose_rollback_is_impossible_is_done_all_the_same) {
    const ReleaseId id = running_one();
    sql("DELETE FROM config_versions WHERE version = 5");
    const Claim claim = control().claim(id).value();
    ASSERT_EQ(control().commit(claim, abort()), Committed::done);
    EXPECT_EQ(rollback_of(id).value, 0);
    EXPECT_THAT(detail(id, "rollback_refused"), HasSubstr("is gone"));
    const auto seen = control().read(claim);
    ASSERT_TRUE(seen && seen->aborted_for);
    EXPECT_FALSE(seen->is_awaited);
}

TEST_P(AbortTest, an_operator_asks_for_it) {
    const ReleaseId id = running_one();
    EXPECT_THAT(refusal(roll_back(id)).message, HasSubstr("or abort it"));
    const auto done = ask_abort(id);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->created.plan.size(), 2U);
    EXPECT_NE(field(id, "aborted_at"), "NULL");
    EXPECT_EQ(field(id, "last_error"), "rolled back while it ran by ann: errors");
    EXPECT_EQ(field(id, "status"), "running") << "its owner ends it";
    EXPECT_THAT(history(id), Contains("aborted"));
    EXPECT_THAT(text("SELECT detail FROM audit_log WHERE action = 'release.rollback'"),
                HasSubstr("\"abort\":true"));
    EXPECT_THAT(refusal(ask_abort(id)).message, HasSubstr("already"));
    EXPECT_EQ(refusal(steer(id, release::Steering::pause)).code, code::wrong_state);
    EXPECT_EQ(refusal(steer(id, release::Steering::resume)).code, code::wrong_state);
    EXPECT_TRUE(steer(id, release::Steering::stop)) << "as it stands";
    EXPECT_EQ(field(id, "requested_action"), "NULL");
}

TEST_P(AbortTest, of_a_release_that_touched_nobody_is_refused_and_leaves_it_alone) {
    add_content(7, 'a');
    const ReleaseId id = add_whole_release(7, {1, 2});
    EXPECT_THAT(refusal(ask_abort(id)).message, HasSubstr("touched no node"));
    EXPECT_EQ(field(id, "aborted_at"), "NULL");
    EXPECT_EQ(field(id, "last_error"), "NULL");
}

TEST_P(AbortTest, of_a_finished_release_is_an_ordinary_rollback) {
    add_content(5, 'b');
    add_content(7, 'a');
    const ReleaseId id = add_failed_release(7, 5, 'a');
    ASSERT_TRUE(ask_abort(id));
    EXPECT_EQ(field(id, "aborted_at"), "NULL");
    EXPECT_EQ(field(id, "last_error"), "node n2: broken");
}

TEST_P(AbortTest, a_release_that_rests_is_claimed_to_be_ended) {
    const ReleaseId id = running_one();
    set_row(id, 2, "status = 'success'");
    set(id, "status = 'paused', batch_status = 'paused', hold = 'review'");
    auto found = control().get(control().store().claimable(8, 8));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_TRUE(found[0].is_resting);
    ASSERT_TRUE(ask_abort(id));
    found = control().get(control().store().claimable(8, 8));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_FALSE(found[0].is_resting);
    EXPECT_FALSE(found[1].is_resting);
}

TEST_P(AbortTest, a_retry_begins_without_it) {
    const ReleaseId id = running_one();
    set(id, "status = 'failed', finished_at = created_at, aborted_at = created_at");
    set_row(id, 2, "status = 'failed', finished_at = created_at");
    ASSERT_TRUE(retry(id));
    EXPECT_EQ(field(id, "aborted_at"), "NULL");
}

TEST_P(AbortTest, the_way_back_has_its_own_limits) {
    const std::string before =
        R"(batch_config = '{"max_parallel":3,"max_parallel_per":{"region":2},)"
        R"("rollback_parallel_per":{"site":4},"abandon_sec":20}')";
    const ReleaseId id = running_one();
    set(id, before);
    ASSERT_EQ(control().commit(control().claim(id).value(), abort()), Committed::done);
    EXPECT_EQ(field(rollback_of(id), "batch_config"),
              R"({"abandon_sec":20,"failure_threshold":1,"max_parallel_per":{"site":4}})");
}

TEST_P(AbortTest, an_operator_says_whether_the_way_back_is_fast) {
    const ReleaseId id = running_one();
    set(id, R"(batch_config = '{"max_parallel":3}')");
    const auto done = ask_abort(id, true);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(field(done->created.id, "batch_config"), R"({"failure_threshold":1})");
}

TEST_P(AbortTest, looks_first_in_different_regions_at_those_heard_of_last) {
    add_content(5, 'b');
    add_content(7, 'a');
    const ReleaseId id = add_whole_release(7, {5});
    set(id,
        "status = 'failed', current_batch = 1, started_at = created_at, finished_at = "
        "created_at, content_sha256 = '" +
            std::string(64, 'a') + "'");
    for (int node = 1; node <= 5; ++node) {
        set_row(id, node,
                "status = 'success', attempt = 1, finished_at = created_at, "
                "previous_config_version = 5");
        sql("UPDATE nodes SET applied_version = 7, applied_config_version = 7, labels = ?, "
            "last_seen_at = ? WHERE id = ?",
            {std::string(node < 4 ? R"({"region":"eu"})" : R"({"region":"us"})"),
             "2026-01-01 00:00:0" + std::to_string(node), std::int64_t{node}});
    }
    const auto done = roll_back(id);
    ASSERT_TRUE(done) << done.error().message;
    const ReleaseId made = done->created.id;
    EXPECT_EQ(row_field(made, 3, "batch"), "1") << "the newest of eu";
    EXPECT_EQ(row_field(made, 5, "batch"), "1") << "the newest of us";
    EXPECT_EQ(row_field(made, 4, "batch"), "1") << "then the newest of all";
    EXPECT_EQ(row_field(made, 1, "batch"), "2");
    EXPECT_EQ(row_field(made, 2, "batch"), "2");
}

EDGEROLL_ON_BOTH_DATABASES(AbortTest);

}  // namespace
}  // namespace edgeroll::control::testing
