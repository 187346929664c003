// Commits of the executor.
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::Action;
using release::BatchStatus;
using release::FailureKind;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CommitTest : public StoreTest {
  protected:
    Claim claimed(const std::vector<int>& batch_sizes) {
        id_ = add_whole_release(3, batch_sizes);
        return control().claim(id_).value();
    }
    std::string node(std::int64_t node, const std::string& column) {
        return text("SELECT " + column +
                        " FROM release_task_nodes WHERE release_task_id = ? AND "
                        "node_id = ?",
                    {id_.value, node});
    }
    std::string release(const std::string& column) {
        return text("SELECT " + column + " FROM release_tasks WHERE id = ?", {id_.value});
    }
    /// The core's commit that starts a release and its first node.
    Commit start() {
        Commit commit;
        commit.release.status = ReleaseStatus::running;
        commit.release.batch_status = BatchStatus::running;
        commit.release.current_batch = 1;
        commit.release.total_batches = 2;
        commit.release.content_sha256 = std::string(64, 'c');
        commit.release.is_started = true;
        commit.nodes.push_back(node_change(1, NodeStatus::pending, NodeStatus::running));
        return commit;
    }
    ReleaseId id_;
};

// An `online` node may be unreachable: only its agent's last report tells.
TEST_P(CommitTest, notes_when_an_agent_was_last_reached_however_its_task_ended) {
    const Claim claim = claimed({5});
    Commit begin = start();
    for (std::int64_t id = 2; id <= 5; ++id)
        begin.nodes.push_back(node_change(id, NodeStatus::pending, NodeStatus::running));
    ASSERT_EQ(control().commit(claim, begin), Committed::done);
    Commit result;
    result.expected_status = ReleaseStatus::running;
    const std::pair<FailureKind, bool> ends[] = {{FailureKind::exec_failed, true},
                                                 {FailureKind::rejected, true},
                                                 {FailureKind::unreachable, false},
                                                 {FailureKind::tls, false},
                                                 {FailureKind::timeout, false}};
    for (std::int64_t id = 1; const auto& [kind, was_reached] : ends) {
        result.nodes.push_back(node_change(id++, NodeStatus::running, NodeStatus::failed));
        result.nodes.back().failure = kind;
    }
    ASSERT_EQ(control().commit(claim, result), Committed::done);
    for (std::int64_t id = 1; const auto& [kind, was_reached] : ends) {
        const std::string seen = text("SELECT last_seen_at FROM nodes WHERE id = ?", {id++});
        EXPECT_EQ(seen != "NULL", was_reached) << to_text(kind);
    }
}

TEST_P(CommitTest, writes_a_start_and_a_result_with_history) {
    const Claim claim = claimed({1, 1});
    ASSERT_EQ(control().commit(claim, start()), Committed::done);
    EXPECT_EQ(release("status"), "running");
    EXPECT_EQ(release("batch_status"), "running");
    EXPECT_EQ(release("current_batch"), "1");
    EXPECT_NE(release("started_at"), "NULL");
    EXPECT_EQ(node(1, "status"), "running");
    EXPECT_NE(node(1, "started_at"), "NULL");
    EXPECT_EQ(node(1, "agent_task_id"), "apply_config_10.0.0.1_1");
    EXPECT_EQ(node(2, "status"), "pending");

    sql("UPDATE nodes SET applied_version = 2, applied_config_version = 2 WHERE id = 1");
    Commit result;
    result.expected_status = ReleaseStatus::running;
    NodeChange change = node_change(1, NodeStatus::running, NodeStatus::success);
    change.steps = R"([{"name":"check"}])";
    change.progress = 100;
    change.has_new_content = true;
    result.nodes.push_back(change);
    ASSERT_EQ(control().commit(claim, result), Committed::done);
    EXPECT_EQ(node(1, "status"), "success");
    EXPECT_EQ(node(1, "steps"), R"([{"name":"check"}])");
    EXPECT_EQ(node(1, "progress"), "100");
    EXPECT_NE(node(1, "finished_at"), "NULL");
    EXPECT_EQ(node(1, "previous_config_version"), "2");
    EXPECT_EQ(text("SELECT applied_version FROM nodes WHERE id = 1"), "3");
    EXPECT_EQ(text("SELECT applied_config_version FROM nodes WHERE id = 1"), "3");
    EXPECT_EQ(text("SELECT applied_sha256 FROM nodes WHERE id = 1"), std::string(64, 'c'));
    EXPECT_NE(text("SELECT last_seen_at FROM nodes WHERE id = 1"), "NULL");
    EXPECT_EQ(text("SELECT applied_version FROM nodes WHERE id = 2"), "NULL");
    EXPECT_EQ(release("success_nodes"), "1");
    EXPECT_THAT(history(id_), ElementsAre("claimed", "release_running", "batch_started",
                                          "node_running", "node_success"));
    EXPECT_EQ(text("SELECT actor FROM release_events WHERE kind = 'node_success'"), "control-1");
    EXPECT_EQ(text("SELECT node_id FROM release_events WHERE kind = 'node_success'"), "1");
    expect_counters(id_);
}

/// The last node of a batch, a pause that takes effect after it, and the start of a batch.
TEST_P(CommitTest, tells_causes_before_their_effects) {
    const Claim claim = claimed({1, 1, 1});
    ASSERT_EQ(control().commit(claim, start()), Committed::done);
    const auto noted = [](const char* kind, std::size_t after) {
        release::HistoryRow row;
        row.kind = kind;
        row.after_nodes = after;
        return row;
    };
    Commit pause;
    pause.expected_status = ReleaseStatus::running;
    pause.nodes.push_back(node_change(1, NodeStatus::running, NodeStatus::success));
    pause.history = {noted("changed_by_hand", 0), noted("paused", 1), noted("hold", 1)};
    pause.release.status = ReleaseStatus::paused;
    pause.status_after = 1;
    ASSERT_EQ(control().commit(claim, pause), Committed::done);
    Commit go_on;
    go_on.expected_status = ReleaseStatus::paused;
    go_on.history = {noted("continued", 1), noted("hold", 3)};
    go_on.nodes.push_back(node_change(1, NodeStatus::success, NodeStatus::failed));
    go_on.nodes.push_back(node_change(2, NodeStatus::pending, NodeStatus::running));
    go_on.nodes.push_back(node_change(3, NodeStatus::pending, NodeStatus::skipped));
    go_on.release.status = ReleaseStatus::running;
    go_on.release.current_batch = 2;
    go_on.status_after = go_on.batch_after = 1;
    ASSERT_EQ(control().commit(claim, go_on), Committed::done);
    EXPECT_THAT(history(id_),
                ElementsAre("claimed", "release_running", "batch_started", "node_running",
                            "changed_by_hand", "node_success", "paused", "hold", "release_paused",
                            "node_failed", "continued", "release_running", "batch_started",
                            "node_running", "node_skipped", "hold"));
}

TEST_P(CommitTest, keeps_what_it_rests_on_and_when_it_was_looked_at_to_the_end) {
    const Claim claim = claimed({1});
    EXPECT_FALSE(control().read(claim)->is_proven);
    Commit begun = start();
    begun.evidence = {{1, "proof", release::Judgement::pass, true, "a rule", "edge-1"},
                      {1, "gate", release::Judgement::unsure, false, "200 passes", "503", "{}"}};
    Commit fenced = begun;
    fenced.expected_status = ReleaseStatus::paused;
    ASSERT_EQ(control().commit(claim, fenced), Committed::stale);
    EXPECT_EQ(text("SELECT COUNT(*) FROM release_evidence"), "0");
    ASSERT_EQ(control().commit(claim, begun), Committed::done);
    EXPECT_EQ(text("SELECT COUNT(*) FROM release_evidence WHERE batch = 1 AND gate = 'proof' AND "
                   "verdict = 'pass' AND is_decisive = 1 AND rule = 'a rule' AND summary = "
                   "'edge-1' AND detail IS NULL"),
              "1");
    EXPECT_EQ(text("SELECT verdict FROM release_evidence WHERE detail = '{}'"), "unsure");
    EXPECT_TRUE(control().read(claim)->is_proven);
    EXPECT_EQ(release("baked_at"), "NULL");
    sql("UPDATE release_evidence SET order_id = 'of a deleted release'");
    EXPECT_FALSE(control().read(claim)->is_proven);
    Commit end;
    end.expected_status = ReleaseStatus::running;
    end.nodes.push_back(node_change(1, NodeStatus::running, NodeStatus::success));
    end.release.status = ReleaseStatus::success;
    end.release.is_finished = end.release.is_baked = true;
    ASSERT_EQ(control().commit(claim, end), Committed::done);
    EXPECT_NE(release("baked_at"), "NULL");
}

TEST_P(CommitTest, keeps_the_first_memory_of_what_a_node_had) {
    const Claim claim = claimed({1});
    sql("UPDATE nodes SET applied_config_version = 2");
    Commit commit;
    NodeChange change = node_change(1, NodeStatus::pending, NodeStatus::success);
    change.has_new_content = true;
    commit.nodes.push_back(change);
    ASSERT_EQ(control().commit(claim, commit), Committed::done);
    commit.nodes[0].from = NodeStatus::success;
    ASSERT_EQ(control().commit(claim, commit), Committed::done);
    EXPECT_EQ(node(1, "previous_config_version"), "2");
}

TEST_P(CommitTest, records_a_failure_with_its_reason) {
    const Claim claim = claimed({1});
    ASSERT_EQ(control().commit(claim, start()), Committed::done);
    Commit result;
    result.expected_status = ReleaseStatus::running;
    NodeChange change = node_change(1, NodeStatus::running, NodeStatus::failed);
    change.failure = FailureKind::exec_failed;
    change.error = "check said no";
    result.nodes.push_back(change);
    result.release.status = ReleaseStatus::failed;
    result.release.batch_status = BatchStatus::stopped;
    result.release.last_error = "node n1: check said no";
    result.release.is_finished = true;
    ASSERT_EQ(control().commit(claim, result), Committed::done);
    EXPECT_EQ(node(1, "failure_kind"), "exec_failed");
    EXPECT_EQ(node(1, "error_msg"), "check said no");
    EXPECT_EQ(release("failed_nodes"), "1");
    EXPECT_NE(release("finished_at"), "NULL");
    EXPECT_EQ(history(id_).back(), "release_failed");
    EXPECT_EQ(text("SELECT detail FROM release_events WHERE kind = 'release_failed'"),
              R"({"reason":"node n1: check said no"})");
    EXPECT_THAT(text("SELECT detail FROM release_events WHERE kind = 'node_failed'"),
                HasSubstr(R"("failure":"exec_failed")"));
}

TEST_P(CommitTest, is_fenced_by_a_higher_epoch) {
    const Claim claim = claimed({1});
    sql("UPDATE release_tasks SET lease_expires_at = NULL");
    Process other(url(), "control-2");
    const Claim newer = other.claim(id_).value();
    EXPECT_EQ(control().commit(claim, start()), Committed::fenced);
    EXPECT_EQ(release("status"), "pending");
    EXPECT_EQ(node(1, "status"), "pending");
    EXPECT_EQ(other.commit(newer, start()), Committed::done);
    sql("DELETE FROM release_tasks");
    EXPECT_EQ(other.commit(newer, start()), Committed::fenced);
}

TEST_P(CommitTest, is_fenced_by_a_newer_claim_of_the_same_process) {
    Claim old = claimed({1});
    sql("UPDATE release_tasks SET lease_expires_at = NULL");
    const Claim newer = control().claim(id_).value();
    ASSERT_EQ(newer.owner, old.owner);
    EXPECT_EQ(control().commit(old, start()), Committed::fenced);
    EXPECT_FALSE(control().read(old));
    EXPECT_FALSE(control().get(control().store().renew(old)));
    ASSERT_TRUE(control().await(control().store().give_back(old)));
    EXPECT_NE(release("lease_expires_at"), "NULL") << "an old claim cannot give the new one back";
    EXPECT_EQ(control().commit(newer, start()), Committed::done);
}

TEST_P(CommitTest, is_fenced_by_another_owner_with_the_same_epoch) {
    Claim claim = claimed({1});
    claim.owner = "somebody-else";
    EXPECT_EQ(control().commit(claim, start()), Committed::fenced);
}

TEST_P(CommitTest, is_stale_when_an_operator_was_faster) {
    const Claim claim = claimed({1});
    sql("UPDATE release_tasks SET requested_action = 'pause'");
    EXPECT_EQ(control().commit(claim, start()), Committed::stale);
    Commit aware = start();
    aware.expected_action = Action::pause;
    aware.release.clears_action = true;
    EXPECT_EQ(control().commit(claim, aware), Committed::done);
    EXPECT_EQ(release("requested_action"), "NULL");
    sql("UPDATE release_tasks SET status = 'paused'");
    Commit next;
    next.expected_status = ReleaseStatus::running;
    next.release.last_error = "x";
    EXPECT_EQ(control().commit(claim, next), Committed::stale);
    EXPECT_EQ(release("last_error"), "NULL");
}

TEST_P(CommitTest, is_stale_and_writes_nothing_when_one_row_was_changed_by_hand) {
    const Claim claim = claimed({3});
    sql("UPDATE release_task_nodes SET status = 'success' WHERE node_id = 3");
    Commit commit = start();
    commit.nodes.push_back(node_change(2, NodeStatus::pending, NodeStatus::running));
    commit.nodes.push_back(node_change(3, NodeStatus::pending, NodeStatus::running));
    EXPECT_EQ(control().commit(claim, commit), Committed::stale);
    EXPECT_EQ(release("status"), "pending");
    EXPECT_EQ(node(1, "status"), "pending");
    EXPECT_THAT(history(id_), ElementsAre("claimed"));
    commit.nodes.pop_back();
    EXPECT_EQ(control().commit(claim, commit), Committed::done);
    EXPECT_EQ(release("success_nodes"), "1") << "what was set by hand is counted";
    expect_counters(id_);
}

TEST_P(CommitTest, writes_how_far_a_task_is_where_the_row_still_runs_it) {
    const Claim claim = claimed({2, 1});
    ASSERT_EQ(control().commit(claim, start()), Committed::done);
    const std::string task = node(1, "agent_task_id");
    ASSERT_NE(task, "");
    const std::string events = text("SELECT COUNT(*) FROM release_events", {});
    const auto tell = [&](const std::string& of, int percent) {
        Commit commit;
        commit.expected_status = ReleaseStatus::running;
        commit.progress.push_back({NodeId{1}, of, percent, {}});
        commit.progress.push_back({NodeId{2}, of, percent, {}});  // pending
        commit.progress.push_back({NodeId{99}, of, percent, {}});
        return control().commit(claim, commit);
    };

    ASSERT_EQ(tell(task, 40), Committed::done);
    EXPECT_EQ(node(1, "progress"), "40");
    EXPECT_EQ(node(2, "progress"), "0");
    EXPECT_EQ(node(1, "status"), "running");
    EXPECT_EQ(text("SELECT COUNT(*) FROM release_events", {}), events);
    // Another task of the node.
    ASSERT_EQ(tell(task + "_2", 60), Committed::done);
    EXPECT_EQ(node(1, "progress"), "40");
    // An operator was faster: the operator's word stays, and the commit is still valid.
    sql("UPDATE release_task_nodes SET status = 'success', progress = 100 WHERE node_id = 1");
    ASSERT_EQ(tell(task, 80), Committed::done);
    EXPECT_EQ(node(1, "progress"), "100");
    // Guarded by the claim like every other write.
    sql("UPDATE release_tasks SET claim_epoch = claim_epoch + 1");
    EXPECT_EQ(tell(task, 90), Committed::fenced);
}

TEST_P(CommitTest, is_stale_when_a_row_was_deleted) {
    const Claim claim = claimed({1});
    sql("DELETE FROM release_task_nodes");
    EXPECT_EQ(control().commit(claim, start()), Committed::stale);
}

// The second row of the node came late: it was never read and must not be dispatched.
TEST_P(CommitTest, is_stale_when_a_row_was_deleted_and_another_one_added_for_its_node) {
    const Claim claim = claimed({2});
    const auto put_another = [&](std::int64_t of, const std::string& status) {
        sql("DELETE FROM release_task_nodes WHERE node_id = ?", {of});
        add_row(id_, of);
        sql("UPDATE release_task_nodes SET status = ? WHERE node_id = ?", {status, of});
    };
    put_another(2, "pending");
    Commit both = start();
    both.nodes.push_back(node_change(2, NodeStatus::pending, NodeStatus::running));
    EXPECT_EQ(control().commit(claim, both), Committed::stale);
    EXPECT_EQ(release("status"), "pending") << "nothing of it is done";
    EXPECT_EQ(node(1, "status"), "pending");
    EXPECT_EQ(node(2, "status"), "pending");
    EXPECT_EQ(node(2, "agent_task_id"), "NULL");
    EXPECT_THAT(history(id_), ElementsAre("claimed"));

    ASSERT_EQ(control().commit(claim, start()), Committed::done) << "the other one is as it was";
    put_another(1, "running");
    Commit result;
    result.expected_status = ReleaseStatus::running;
    result.nodes.push_back(node_change(1, NodeStatus::running, NodeStatus::success));
    result.nodes.back().has_new_content = true;
    EXPECT_EQ(control().commit(claim, result), Committed::stale);
    EXPECT_EQ(node(1, "status"), "running");
    EXPECT_EQ(text("SELECT applied_version FROM nodes WHERE id = 1"), "NULL");
    result.nodes.back().row_id = number("SELECT id FROM release_task_nodes WHERE node_id = 1");
    EXPECT_EQ(control().commit(claim, result), Committed::done) << "to who has read it, it counts";
}

// An unnamed id, or an id of another release, matches no row.
TEST_P(CommitTest, writes_no_row_by_the_id_of_another_one) {
    const Claim claim = claimed({2});
    const ReleaseId other = add_release(4, 1);
    add_row(other, 1);
    const std::int64_t foreign =
        number("SELECT id FROM release_task_nodes WHERE release_task_id = ?", {other.value});
    for (const std::int64_t wrong : {std::int64_t{0}, std::int64_t{2}, foreign}) {
        Commit commit = start();
        commit.nodes.back().row_id = wrong;
        EXPECT_EQ(control().commit(claim, commit), Committed::stale) << wrong;
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes WHERE status = 'pending'"), 3);
    EXPECT_EQ(control().commit(claim, start()), Committed::done);
}

TEST_P(CommitTest, counts_a_repeated_attempt_as_the_same_row) {
    const Claim claim = claimed({1});
    ASSERT_EQ(control().commit(claim, start()), Committed::done);
    sql("UPDATE release_task_nodes SET started_at = '2026-01-01 00:00:00'");
    Commit again;
    again.expected_status = ReleaseStatus::running;
    again.nodes.push_back(node_change(1, NodeStatus::running, NodeStatus::running));
    // The values are unchanged, but one row still matched.
    EXPECT_EQ(control().commit(claim, again), Committed::done);
    EXPECT_EQ(control().commit(claim, again), Committed::done);
    EXPECT_NE(node(1, "started_at").substr(0, 10), "2026-01-01")
        << "a further attempt has a time of its own";
}

TEST_P(CommitTest, skips_all_that_is_pending_also_rows_that_nobody_has_read) {
    const Claim claim = claimed({1, 3});
    ASSERT_EQ(control().commit(claim, start()), Committed::done);
    add_row(id_, add_node("late", "10.9.9.9"), 7);
    Commit stop;
    stop.expected_status = ReleaseStatus::running;
    stop.skip_pending = release::SkipPending{"not dispatched: enough"};
    ASSERT_EQ(control().commit(claim, stop), Committed::done);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes WHERE status = 'skipped' AND "
                     "error_msg = 'not dispatched: enough' AND finished_at IS NOT NULL"),
              4);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_events WHERE kind = 'node_skipped'"), 4);
    EXPECT_EQ(node(1, "status"), "running");
    expect_counters(id_);
}

TEST_P(CommitTest, adds_planned_rows_once) {
    id_ = add_release(3, 0);
    for (int i = 1; i <= 3; ++i)
        add_node("p" + std::to_string(i), "10.0.0." + std::to_string(i));
    sql("UPDATE release_tasks SET batch_config = '{}'");
    const Claim claim = control().claim(id_).value();
    Commit plan;
    plan.release.total_nodes = 3;
    for (int i = 1; i <= 3; ++i)
        plan.planned.push_back({NodeId{i}, i == 1 ? 1 : 2});
    ASSERT_EQ(control().commit(claim, plan), Committed::done);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes WHERE status = 'pending'"), 3);
    EXPECT_EQ(release("total_nodes"), "3");
    EXPECT_EQ(release("plan_sha256").size(), 64U);
    EXPECT_TRUE(control().read(claim)->is_planned) << "so that nobody takes them for a pipeline's";
    EXPECT_EQ(control().commit(claim, plan), Committed::stale) << "the rows are there already";
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes"), 3);
}

TEST_P(CommitTest, does_not_start_beside_a_release_that_came_meanwhile) {
    const Claim claim = claimed({1, 1});
    const ReleaseId earlier = add_release(2, 1);
    add_row(earlier, 1);
    EXPECT_EQ(control().commit(claim, start()), Committed::stale);
    EXPECT_EQ(release("current_batch"), "0");
    EXPECT_THAT(control().read(claim)->blockers, ElementsAre(Version{2}));
    sql("UPDATE release_tasks SET status = 'success' WHERE version = 2");
    EXPECT_EQ(control().commit(claim, start()), Committed::done);
}

TEST_P(CommitTest, takes_any_text_an_agent_can_send) {
    const Claim claim = claimed({3});
    const std::string injection = "'; DROP TABLE nodes; -- \" \\ % _ ` ${x}";
    const std::string emoji = "größe 😀 \xf0\x9f\x9a\x80";
    const std::string zero("before\0after", 12);
    Commit commit;
    int n = 0;
    for (const std::string& error : {injection, emoji, zero}) {
        NodeChange change = node_change(++n, NodeStatus::pending, NodeStatus::failed);
        change.error = error;
        change.failure = FailureKind::exec_failed;
        change.steps = "[\"" + error + "\"]";
        commit.nodes.push_back(change);
    }
    commit.release.last_error = injection;
    ASSERT_EQ(control().commit(claim, commit), Committed::done);
    EXPECT_EQ(node(1, "error_msg"), injection);
    EXPECT_EQ(node(2, "error_msg"), emoji);
    EXPECT_EQ(node(3, "error_msg"), zero);
    EXPECT_EQ(release("last_error"), injection);
    EXPECT_EQ(control().read(claim)->nodes.at(2).error, zero);
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes"), 3);
}

TEST_P(CommitTest, repairs_bad_utf8_and_cuts_what_is_too_long) {
    const Claim claim = claimed({2});
    Commit commit;
    commit.nodes.push_back(node_change(1, NodeStatus::pending, NodeStatus::failed));
    commit.nodes[0].error = "bad \xff\xc3( byte";
    commit.nodes.push_back(node_change(2, NodeStatus::pending, NodeStatus::failed));
    for (int i = 0; i < 40'000; ++i)
        commit.nodes[1].error += "ö";
    ASSERT_EQ(control().commit(claim, commit), Committed::done);
    EXPECT_EQ(node(1, "error_msg"), "bad \xEF\xBF\xBD\xEF\xBF\xBD( byte");
    EXPECT_EQ(node(2, "error_msg").size(), 65'534U);
}

TEST_P(CommitTest, writes_five_hundred_rows_at_once) {
    const Claim claim = claimed({500});
    Commit intents = start();
    intents.nodes.clear();
    for (const std::int64_t id : node_ids_) {
        intents.nodes.push_back(node_change(id, NodeStatus::pending, NodeStatus::running));
    }
    ASSERT_EQ(control().commit(claim, intents), Committed::done);
    Commit results;
    results.expected_status = ReleaseStatus::running;
    for (std::size_t i = 0; i < node_ids_.size(); ++i) {
        const bool is_good = i % 2 == 0;
        results.nodes.push_back(node_change(node_ids_[i], NodeStatus::running,
                                            is_good ? NodeStatus::success : NodeStatus::failed));
        results.nodes.back().has_new_content = is_good;
        results.nodes.back().error = is_good ? "" : "no " + std::to_string(i);
    }
    ASSERT_EQ(control().commit(claim, results), Committed::done);
    EXPECT_EQ(release("success_nodes"), "250");
    EXPECT_EQ(release("failed_nodes"), "250");
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes WHERE applied_version = 3"), 250);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_events WHERE node_id IS NOT NULL"), 1000);
    expect_counters(id_);
}

TEST_P(CommitTest, records_remarks_only_under_the_claim) {
    const Claim claim = claimed({1});
    release::HistoryRow row;
    row.kind = "late_answer";
    row.node = NodeId{1};
    row.detail.emplace_back("said", "success \"quoted\"");
    ASSERT_TRUE(control().await(control().store().record(claim, row)));
    EXPECT_THAT(history(id_), ElementsAre("claimed", "late_answer"));
    EXPECT_EQ(text("SELECT detail FROM release_events WHERE kind = 'late_answer'"),
              R"({"said":"success \"quoted\""})");
    sql("UPDATE release_tasks SET claim_epoch = 9");
    ASSERT_TRUE(control().await(control().store().record(claim, row)));
    EXPECT_THAT(history(id_), ElementsAre("claimed", "late_answer"));
}

EDGEROLL_ON_BOTH_DATABASES(CommitTest);

}  // namespace
}  // namespace edgeroll::control::testing
