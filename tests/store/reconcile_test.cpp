// What nodes are owed, taking them up, and how that ended.
#include <map>

#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::OwedCause;
using release::OwedRelease;
using release::ReconcileRules;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string repairs = "observed_content = 'empty', capabilities = 'repair,secrets'";

class ReconcileTest : public SteeringTest {
  protected:
    /// A success over nodes 1 to 3, planned by edgeroll for all nodes; all have its content.
    ReleaseId add_success(std::int64_t version = 7, char letter = 'a') {
        const ReleaseId id = add_failed_release(version, 5, letter);
        add_content(version, letter);
        set(id,
            "status = 'success', batch_status = 'completed', failed_nodes = 0, success_nodes = 3, "
            "last_error = NULL, plan_sha256 = 'p'");
        for (const std::int64_t node : {1, 2, 3}) {
            set_row(id, node,
                    "status = 'success', attempt = 1, failure_kind = NULL, error_msg = NULL");
        }
        sql("UPDATE nodes SET applied_version = ?, applied_sha256 = ?, observed_content = 'whole', "
            "observed_version = ?, observed_sha256 = ?, capabilities = 'repair,secrets'",
            {version, std::string(64, letter), version, std::string(64, letter)});
        return id;
    }
    OwedNodes owed() { return control().get(control().reconciliation().owed({})); }
    std::map<std::int64_t, OwedCause> causes() {
        std::map<std::int64_t, OwedCause> found;
        for (const OwedRelease& release : owed().releases) {
            for (const release::OwedNode& node : release.nodes)
                found[node.node.value] = node.cause;
        }
        return found;
    }
    void set_node(std::int64_t node, const std::string& assignments) {
        sql("UPDATE nodes SET " + assignments + " WHERE id = ?", {node});
    }
    std::vector<std::int64_t> take(ReleaseId id, const std::vector<std::int64_t>& nodes,
                                   OwedCause cause = OwedCause::empty, ReconcileRules rules = {}) {
        for (const std::int64_t node : nodes)
            set_node(node, "observed_content = 'empty', observed_version = NULL");
        const TakenUp taken = taken_up(id, nodes, cause, rules);
        EXPECT_TRUE(taken.refusal.empty() ||
                    taken.refusal.find("not finished") != std::string::npos)
            << taken.refusal;
        std::vector<std::int64_t> ids;
        for (const NodeId node : taken.nodes)
            ids.push_back(node.value);
        return ids;
    }
    /// As the release's end would be written.
    void end(ReleaseId id, std::int64_t node, const std::string& status) {
        set_row(id, node, "status = '" + status + "', error_msg = 'said so'");
        set(id, "status = 'success', finished_at = created_at");
    }
    ReconcileProgress progress() { return control().get(control().reconciliation().progress()); }
};

TEST_P(ReconcileTest, names_what_lacks_its_content_and_why) {
    const ReleaseId id = add_success();
    EXPECT_THAT(causes(), IsEmpty());
    set_node(1, "observed_content = 'empty', observed_version = NULL, observed_sha256 = NULL");
    set_node(2, "observed_content = 'changed', observed_sha256 = 'x'");
    EXPECT_THAT(causes(), ElementsAre(std::pair(1, OwedCause::empty),
                                      std::pair(2, OwedCause::changed_on_disk)));
    set_row(id, 2, "status = 'deferred'");
    EXPECT_EQ(causes().at(2), OwedCause::deferred);
    set_row(id, 2, "status = 'skipped', reason_kind = 'disabled'");
    EXPECT_EQ(causes().at(2), OwedCause::joined);
    set_row(id, 2, "reason_kind = NULL");
    EXPECT_FALSE(causes().contains(2)) << "skipped by hand";
    set_row(id, 2, "status = 'failed'");
    EXPECT_FALSE(causes().contains(2)) << "left to operators";

    const std::int64_t fresh = add_node("n4", "10.9.9.4");
    EXPECT_FALSE(causes().contains(fresh)) << "nobody has asked it yet";
    set_node(fresh, repairs);
    EXPECT_EQ(causes().at(fresh), OwedCause::joined);
    for (const char* away : {"enabled = 0", "status = 'maintenance'", "status = 'offline'"}) {
        set_node(fresh, std::string("enabled = 1, status = 'online'"));
        set_node(fresh, away);
        EXPECT_FALSE(causes().contains(fresh)) << away;
    }
}

TEST_P(ReconcileTest, leaves_a_node_that_holds_something_newer) {
    add_success();
    set_node(1, "applied_version = 9, observed_content = 'changed', observed_version = 9");
    EXPECT_THAT(causes(), IsEmpty()) << "the agent would refuse it";
    set_node(1, "observed_content = 'empty', observed_version = NULL");
    EXPECT_EQ(causes().at(1), OwedCause::empty) << "it holds nothing any more";
}

TEST_P(ReconcileTest, says_what_keeps_it_from_the_release) {
    const ReleaseId id = add_success();
    set_node(1, repairs);
    const auto release = [&] { return owed().releases.at(0); };
    EXPECT_FALSE(release().is_under_way || release().is_banned || release().waits_for);
    EXPECT_TRUE(release().has_content);
    EXPECT_TRUE(release().nodes.at(0).can_repair);
    set_node(1, "capabilities = 'secrets'");
    EXPECT_FALSE(release().nodes.at(0).can_repair);
    sql("INSERT INTO banned_contents (sha256) VALUES (?)", {std::string(64, 'a')});
    set(id, "forced = 1");
    EXPECT_TRUE(release().is_banned);
    sql("DELETE FROM banned_contents");
    sql("UPDATE config_versions SET sha256 = ?", {std::string(64, 'f')});
    EXPECT_FALSE(release().has_content);
    sql("UPDATE config_versions SET sha256 = ?", {std::string(64, 'a')});
    const ReleaseId later = add_release(9, 1);
    add_row(later, 3);
    EXPECT_EQ(release().waits_for, later);
    EXPECT_FALSE(release().nodes.at(0).is_held);
    add_row(later, 1);
    EXPECT_TRUE(release().nodes.at(0).is_held);
    set(later, "status = 'failed', finished_at = created_at");
    EXPECT_FALSE(release().waits_for || release().nodes.at(0).is_held);
    set(id, "finished_at = NULL, status = 'running', catches_up = 1");
    EXPECT_TRUE(release().is_under_way);
}

TEST_P(ReconcileTest, takes_a_node_up_again_in_its_own_row) {
    const ReleaseId id = add_success();
    EXPECT_THAT(take(id, {2}), ElementsAre(2));
    EXPECT_EQ(field(id, "status"), "pending");
    EXPECT_EQ(field(id, "catches_up"), "1");
    EXPECT_EQ(field(id, "total_nodes"), "3");
    EXPECT_EQ(row_field(id, 2, "status"), "pending");
    EXPECT_EQ(row_field(id, 1, "status"), "success");
    EXPECT_THAT(detail(id, "retry_requested"), HasSubstr("reconciliation: 1 empty"));
    expect_counters(id);
    EXPECT_EQ(owed().pace.open, 1);
    EXPECT_THAT(progress().ended, IsEmpty());
    EXPECT_THAT(take(id, {3}), IsEmpty()) << "under way";
    end(id, 2, "success");
    const ReconcileProgress seen = progress();
    ASSERT_EQ(seen.ended.size(), 1U);
    EXPECT_EQ(seen.ended[0].outcome, "success");
    EXPECT_EQ(seen.ended[0].cause, OwedCause::empty);
    EXPECT_EQ(seen.ended[0].name, "n2");
    EXPECT_EQ(seen.pace.open, 0);
    EXPECT_EQ(seen.pace.taken, 1);
    EXPECT_THAT(progress().ended, IsEmpty()) << "told once";
}

TEST_P(ReconcileTest, adds_a_row_outside_all_totals_for_a_new_node) {
    const ReleaseId id = add_success();
    const std::int64_t fresh = add_node("n4", "10.9.9.4");
    set_node(fresh, "capabilities = 'repair'");
    EXPECT_THAT(take(id, {fresh}, OwedCause::joined), ElementsAre(fresh));
    EXPECT_EQ(row_field(id, fresh, "batch"), "0");
    EXPECT_NE(row_field(id, fresh, "joined_at"), "NULL");
    EXPECT_EQ(field(id, "total_nodes"), "3");
    EXPECT_EQ(field(id, "success_nodes"), "3");
    const auto claim = control().claim(id);
    const auto snapshot = control().read(*claim);
    EXPECT_THAT(snapshot->problems, Not(Contains(HasSubstr("batch"))));
    EXPECT_EQ(snapshot->nodes.at(0).batch, 0);
    // A row that a pipeline wrote so is none.
    set_row(id, fresh, "joined_at = NULL");
    EXPECT_THAT(control().read(*claim)->problems, Contains(HasSubstr("batch must be at least 1")));
    set_row(id, fresh, "joined_at = created_at");
    end(id, fresh, "success");
    set(id, "claimed_by = NULL, lease_expires_at = NULL");
    EXPECT_EQ(progress().ended.at(0).outcome, "success");
    EXPECT_THAT(take(id, {fresh}, OwedCause::empty), IsEmpty()) << "a moment ago";
    sql("UPDATE reconcile_nodes SET ended_at = '2020-01-01 00:00:00', taken_at = '2020-01-01 "
        "00:00:00'");
    EXPECT_THAT(take(id, {fresh}, OwedCause::empty), ElementsAre(fresh)) << "wiped later";
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes"), 4);
}

TEST_P(ReconcileTest, one_node_goes_first_and_the_pace_holds_for_all_processes) {
    const ReleaseId id = add_success();
    EXPECT_THAT(take(id, {2, 3}), ElementsAre(2)) << "one first";
    end(id, 2, "success");
    (void)progress();
    EXPECT_THAT(take(id, {2, 3}, OwedCause::empty, {release::ReconcileMode::all, 8, 1}), IsEmpty())
        << "one a minute";
    const std::int64_t elsewhere = add_node("n4", "10.9.9.4");
    const ReleaseId busy = add_release(3, 1);
    add_row(busy, elsewhere);
    sql("INSERT INTO reconcile_nodes (release_task_id, node_id, cause) VALUES (?, ?, 'empty')",
        {busy.value, elsewhere});
    EXPECT_THAT(take(id, {3}, OwedCause::empty, {release::ReconcileMode::all, 1, 60}), IsEmpty())
        << "another process serves one";
    sql("DELETE FROM release_tasks WHERE id = ?", {busy.value});
    const TakenUp taken = taken_up(id, {3}, OwedCause::empty);
    ASSERT_EQ(taken.ended.size(), 1U);
    EXPECT_EQ(taken.ended[0].outcome, "given_up") << "that release is gone";
    EXPECT_THAT(taken.nodes, ElementsAre(NodeId{3}));
}

TEST_P(ReconcileTest, stops_after_three_failures_until_somebody_continues) {
    const ReleaseId id = add_success();
    for (const std::int64_t node : {1, 2, 3}) {
        EXPECT_THAT(take(id, {node}), ElementsAre(node));
        end(id, node, "failed");
        EXPECT_EQ(progress().pace.failures, static_cast<int>(node));
    }
    set_row(id, 1, "status = 'success'");
    sql("DELETE FROM reconcile_nodes WHERE node_id = 99");
    EXPECT_THAT(take(id, {1}), IsEmpty());
    for (const std::int64_t node : {1, 2, 3})
        set_node(node, "observed_content = 'empty', observed_version = NULL");
    EXPECT_FALSE(causes().contains(2)) << "it failed, and is left to operators";

    const ReconciliationView view = control().get(control().api().reconciliation());
    EXPECT_EQ(view.pace.failures, 3);
    ASSERT_EQ(view.recent.size(), 3U);
    EXPECT_EQ(view.recent[0].name, "n3");
    EXPECT_EQ(view.recent[0].error, "said so");
    ContinueRequest request;
    request.by.actor = "token:ann";
    request.reason = "the disk was replaced";
    EXPECT_EQ(control().get(control().api().continue_reconciliation(request)), 3);
    EXPECT_EQ(control().get(control().api().continue_reconciliation(request)), 0);
    EXPECT_EQ(number("SELECT COUNT(*) FROM audit_log WHERE action = 'reconciliation.continue'"), 1);
    EXPECT_EQ(owed().pace.failures, 0);
    EXPECT_EQ(causes().at(2), OwedCause::empty) << "tried again";
    EXPECT_THAT(take(id, {2}), ElementsAre(2));
}

TEST_P(ReconcileTest, refuses_what_came_in_between) {
    const ReleaseId id = add_success();
    const auto refusal_of = [&] { return taken_up(id, {2}, OwedCause::empty).refusal; };
    EXPECT_EQ(refusal_of(), "") << "nothing is owed";
    EXPECT_EQ(field(id, "status"), "success");
    set_node(2, "observed_content = 'empty', observed_version = NULL");
    sql("INSERT INTO banned_contents (sha256) VALUES (?)", {std::string(64, 'a')});
    set(id, "forced = 1");
    EXPECT_THAT(refusal_of(), HasSubstr("was banned"));
    sql("DELETE FROM banned_contents");
    const ReleaseId earlier = add_release(6, 1);
    add_row(earlier, 2);
    EXPECT_THAT(refusal_of(), HasSubstr("goes first"));
    set(earlier, "status = 'failed', finished_at = created_at");
    const ReleaseId later = add_release(9, 1);
    add_row(later, 3);
    EXPECT_THAT(refusal_of(), HasSubstr("of the later version 9"));
    set(later, "status = 'failed', finished_at = created_at");
    set(id, "status = 'failed'");
    EXPECT_EQ(refusal_of(), "") << "nothing is owed by it any more";
    EXPECT_EQ(number("SELECT COUNT(*) FROM reconcile_nodes"), 0);
    EXPECT_EQ(row_field(id, 2, "status"), "success");
    set(id, "status = 'success'");
    EXPECT_EQ(refusal_of(), "");
    EXPECT_EQ(row_field(id, 2, "status"), "pending");
}

TEST_P(ReconcileTest, does_not_trust_an_old_record_of_what_a_node_has) {
    const ReleaseId id = add_success();
    set_node(2, "observed_content = 'empty', observed_version = NULL, observed_sha256 = NULL");
    (void)take(id, {2});
    const auto snapshot = control().read(*control().claim(id));
    for (const release::NodeRow& row : snapshot->nodes) {
        EXPECT_EQ(row.facts.applied_version.has_value(), row.id != NodeId{2});
        EXPECT_EQ(row.facts.applied_sha256.empty(), row.id == NodeId{2});
    }
}

// What a rollback puts back is what the node had before the release, whatever came in between.
TEST_P(ReconcileTest, keeps_the_record_of_what_was_there_before) {
    const ReleaseId id = add_success();
    sql("UPDATE release_task_nodes SET previous_config_version = 5");
    set_node(2, "applied_version = 9, applied_config_version = 9");  // of a release that failed
    EXPECT_THAT(take(id, {2}), ElementsAre(2));
    const auto claim = control().claim(id);
    const auto snapshot = control().read(*claim);
    Commit commit;
    commit.expected_status = snapshot->status;
    commit.expected_steer_seq = snapshot->steer_seq;
    release::NodeChange change;
    for (const release::NodeRow& row : snapshot->nodes) {
        if (row.id == NodeId{2}) change.row_id = row.row_id;
    }
    change.node = NodeId{2};
    change.from = release::NodeStatus::pending;
    change.to = release::NodeStatus::success;
    change.has_new_content = true;
    commit.nodes = {change};
    ASSERT_EQ(control().commit(*claim, commit), Committed::done);
    EXPECT_EQ(row_field(id, 2, "previous_config_version"), "5");
    EXPECT_EQ(text("SELECT applied_version FROM nodes WHERE id = 2"), "7");
}

TEST_P(ReconcileTest, sees_nodes_of_which_nothing_was_ever_recorded) {
    add_success();
    set_node(2,
             "applied_version = NULL, applied_sha256 = NULL, observed_sha256 = 'other', "
             "observed_version = 3");
    EXPECT_EQ(causes().at(2), OwedCause::behind);
    set_node(2, "observed_content = 'empty', observed_sha256 = NULL, observed_version = NULL");
    EXPECT_EQ(causes().at(2), OwedCause::empty);
}

EDGEROLL_ON_BOTH_DATABASES(ReconcileTest);

}  // namespace
}  // namespace edgeroll::control::testing
