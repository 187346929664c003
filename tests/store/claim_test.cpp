#include <atomic>
#include <thread>

#include "samples.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::Millis;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ClaimTest : public StoreTest {};

TEST_P(ClaimTest, claims_what_a_pipeline_inserted) {
    const ReleaseId id = add_whole_release(1, {1, 2});
    EXPECT_THAT(control().claimable(), ElementsAre(id.value));
    const auto claim = control().claim(id);
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->release, id);
    EXPECT_EQ(claim->epoch.value, 1);
    EXPECT_EQ(claim->owner, "control-1");
    EXPECT_EQ(claim->good_until, control().clock().now() + Millis{11'250});
    EXPECT_EQ(text("SELECT claimed_by FROM release_tasks"), "control-1");
    EXPECT_THAT(history(id), ElementsAre("claimed"));
    EXPECT_EQ(text("SELECT detail FROM release_events"), R"({"epoch":"1"})");
    EXPECT_THAT(control().claimable(), IsEmpty());
}

TEST_P(ClaimTest, names_the_order_at_the_first_claim_and_keeps_the_name) {
    const ReleaseId id = add_whole_release(1, {1});
    // A copied value: this release was never claimed.
    sql("UPDATE release_tasks SET order_id = 'copied'");
    auto claim = control().claim(id, "order-1");
    EXPECT_EQ(text("SELECT order_id FROM release_tasks"), "order-1");
    EXPECT_EQ(control().read(*claim)->order_id, "order-1");
    sql("UPDATE release_tasks SET lease_expires_at = ?", {std::string(long_ago)});
    claim = control().claim(id, "order-2");
    EXPECT_EQ(control().read(*claim)->order_id, "order-1");
}

TEST_P(ClaimTest, names_no_order_of_a_release_that_an_older_process_has_begun) {
    const ReleaseId id = add_whole_release(1, {1});
    sql("UPDATE release_tasks SET claimed_by = 'old', claim_epoch = 3, started_at = ?, "
        "current_batch = 1, status = 'running', batch_status = 'running'",
        {std::string(long_ago)});
    const auto claim = control().claim(id, "order-1");
    EXPECT_EQ(control().read(*claim)->order_id, "") << "its dispatches were sent without";
    EXPECT_EQ(claim->epoch.value, 4);
    // A process that only looked has no claim to keep.
    const ReleaseId waiting = add_release(2, 1);
    add_row(waiting, 1);
    sql("UPDATE release_tasks SET claimed_by = 'old', claim_epoch = 3 WHERE id = ?",
        {waiting.value});
    EXPECT_EQ(control().claim(waiting, "order-2")->epoch.value, 4);
    EXPECT_EQ(text("SELECT order_id FROM release_tasks WHERE version = 2"), "order-2");
}

TEST_P(ClaimTest, begins_the_epoch_of_a_release_that_was_never_claimed_anew) {
    const ReleaseId id = add_whole_release(1, {1});
    for (const std::string epoch :
         {"9223372036854775807", "9007199254740991", "12", "-1", "9223372036854775806"}) {
        sql("UPDATE release_tasks SET claimed_by = NULL, lease_expires_at = NULL, claim_epoch = " +
            epoch);
        const auto claim = control().claim(id);
        ASSERT_TRUE(claim) << epoch;
        EXPECT_EQ(claim->epoch.value, 1) << epoch;
        const auto snapshot = control().read(*claim);
        ASSERT_TRUE(snapshot) << epoch;
        EXPECT_THAT(snapshot->problems, IsEmpty()) << epoch;
    }
}

// A release whose epoch cannot be incremented is failed by its owner, like any other release with
// an impossible row; the row must remain claimable.
TEST_P(ClaimTest, claims_a_release_whose_epoch_is_spent_and_says_so) {
    const ReleaseId id = add_whole_release(1, {1});
    ASSERT_TRUE(control().claim(id));
    std::vector<std::string> epochs{"9223372036854775807", "9007199254740991", "-1",
                                    "9007199254740990"};
    // The first value is what SQLite makes of the highest epoch when it is incremented.
    if (!is_mysql()) {
        epochs.insert(epochs.end(), {"9223372036854775807 + 1", "'many'", "1e300"});
    }
    for (const std::string& epoch : epochs) {
        sql("UPDATE release_tasks SET lease_expires_at = NULL, claim_epoch = " + epoch);
        EXPECT_THAT(control().claimable(), ElementsAre(id.value)) << epoch;
        const auto claim = control().claim(id);
        ASSERT_TRUE(claim) << epoch;
        EXPECT_EQ(claim->epoch.value, release::epoch_max) << epoch;
        const auto snapshot = control().read(*claim);
        ASSERT_TRUE(snapshot) << epoch << ": its owner can read it";
        ASSERT_EQ(snapshot->problems.size(), 1U) << epoch;
        EXPECT_EQ(snapshot->problems[0], release::unusable_epoch);
        Commit end;
        end.expected_status = snapshot->status;
        end.release.last_error = snapshot->problems[0];
        EXPECT_EQ(control().commit(*claim, end), Committed::done) << "and write it";
    }
}

TEST_P(ClaimTest, counts_on_from_an_epoch_that_a_hand_made_a_fraction) {
    if (is_mysql()) GTEST_SKIP() << "BIGINT";
    const ReleaseId id = add_whole_release(1, {1});
    ASSERT_TRUE(control().claim(id));
    sql("UPDATE release_tasks SET lease_expires_at = NULL, claim_epoch = 7.25");
    const auto claim = control().claim(id);
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->epoch.value, 8);
    EXPECT_TRUE(control().read(*claim));
}

TEST_P(ClaimTest, leaves_out_natural_defaults) {
    sql("INSERT INTO nodes (name, main_ip) VALUES ('a', '10.0.0.1')");
    sql("INSERT INTO release_tasks (version, total_nodes) VALUES (7, 1)");
    sql("INSERT INTO release_task_nodes (release_task_id, node_id) VALUES (1, 1)");
    EXPECT_THAT(control().claimable(), ElementsAre(1));
    EXPECT_EQ(text("SELECT created_at FROM release_tasks").substr(0, 2), "20");
    EXPECT_EQ(number("SELECT agent_port FROM nodes"), 8443);
    EXPECT_EQ(number("SELECT enabled FROM nodes"), 1);
}

TEST_P(ClaimTest, takes_every_marked_column_from_the_pipeline) {
    sql("INSERT INTO nodes (id, name, main_ip, agent_port, enabled, status, created_at, "
        "updated_at) "
        "VALUES (5, 'a', '10.0.0.1', 9443, 1, 'online', '2026-01-01 00:00:00', '2026-01-01 "
        "00:00:00')");
    sql("INSERT INTO release_tasks (id, type, target, version, status, total_nodes, success_nodes, "
        "failed_nodes, created_at, updated_at) VALUES (9, 'apply_config', 'cdn', 3, 'pending', 1, "
        "0, "
        "0, '2026-01-01 00:00:00', '2026-01-01 00:00:00')");
    sql("INSERT INTO release_task_nodes (id, release_task_id, node_id, batch, status, error_msg, "
        "started_at, finished_at, created_at, updated_at) VALUES (4, 9, 5, 1, 'pending', NULL, "
        "NULL, "
        "NULL, '2026-01-01 00:00:00', '2026-01-01 00:00:00')");
    const auto claim = control().claim(ReleaseId{9});
    ASSERT_TRUE(claim);
    const auto snapshot = control().read(*claim);
    ASSERT_TRUE(snapshot);
    ASSERT_EQ(snapshot->nodes.size(), 1U);
    EXPECT_EQ(snapshot->nodes[0].address.port, 9443);
}

TEST_P(ClaimTest, has_one_winner_per_epoch_when_eight_processes_race) {
    constexpr int processes = 8, rounds = 5;
    const ReleaseId id = add_whole_release(1, {1});
    std::vector<std::unique_ptr<Process>> all;
    for (int i = 0; i < processes; ++i) {
        all.push_back(
            std::make_unique<Process>(url(), "racer-" + std::to_string(i), Millis{15'000}, 1));
    }
    for (int round = 1; round <= rounds; ++round) {
        std::atomic<int> winners{0}, failures{0};
        std::vector<std::thread> threads;
        for (auto& process : all) {
            threads.emplace_back([&, racer = process.get()] {
                const auto claim = racer->await(racer->store().claim(id, "order-a"));
                // A process that finds the row locked by the winner has lost as well.
                if (!claim && claim.error().code != release::code::busy) ++failures;
                if (claim && *claim) ++winners;
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        EXPECT_EQ(failures, 0);
        EXPECT_EQ(winners, 1) << "round " << round;
        EXPECT_EQ(number("SELECT claim_epoch FROM release_tasks"), round);
        EXPECT_EQ(number("SELECT COUNT(*) FROM release_events WHERE kind = 'claimed'"), round);
        sql("UPDATE release_tasks SET lease_expires_at = ?", {long_ago});
    }
}

TEST_P(ClaimTest, takes_over_only_after_the_lease) {
    const ReleaseId id = add_whole_release(1, {1});
    Process other(url(), "control-2");
    auto first = control().claim(id);
    ASSERT_TRUE(first);
    EXPECT_FALSE(other.claim(id));
    EXPECT_THAT(other.claimable(), IsEmpty());
    sql("UPDATE release_tasks SET lease_expires_at = ?", {long_ago});
    const auto second = other.claim(id);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->epoch.value, 2);
    EXPECT_FALSE(control().get(control().store().renew(*first)));
    EXPECT_FALSE(control().read(*first));
    EXPECT_TRUE(other.read(*second));
}

TEST_P(ClaimTest, lets_a_short_lease_run_out_by_the_databases_clock) {
    const ReleaseId id = add_whole_release(1, {1});
    Process brief(url(), "brief", Millis{200});
    ASSERT_TRUE(brief.claim(id));
    std::optional<Claim> taken;
    while (!taken)
        taken = control().claim(id);
    EXPECT_EQ(taken->epoch.value, 2);
}

TEST_P(ClaimTest, renews_and_moves_its_own_deadline) {
    const ReleaseId id = add_whole_release(1, {1});
    auto claim = control().claim(id);
    ASSERT_TRUE(claim);
    sql("UPDATE release_tasks SET lease_expires_at = ?", {long_ago});
    control().clock().advance(Millis{5'000});
    EXPECT_TRUE(control().get(control().store().renew(*claim)));
    EXPECT_EQ(claim->good_until, control().clock().now() + Millis{11'250});
    EXPECT_THAT(Process(url(), "control-2").claimable(), IsEmpty());
}

TEST_P(ClaimTest, gives_back_at_once_and_keeps_its_name) {
    const ReleaseId id = add_whole_release(1, {1});
    const auto claim = control().claim(id);
    ASSERT_TRUE(claim);
    ASSERT_TRUE(control().await(control().store().give_back(*claim)));
    EXPECT_EQ(text("SELECT claimed_by FROM release_tasks"), "control-1");
    EXPECT_EQ(text("SELECT lease_expires_at FROM release_tasks"), "NULL");
    EXPECT_THAT(control().claimable(), ElementsAre(id.value));
    // Given back a second time, after another process has claimed it: that claim stays.
    Process other(url(), "control-2");
    ASSERT_TRUE(other.claim(id));
    ASSERT_TRUE(control().await(control().store().give_back(*claim)));
    EXPECT_THAT(control().claimable(), IsEmpty());
}

TEST_P(ClaimTest, waits_for_not_before) {
    const ReleaseId id = add_whole_release(1, {1});
    sql("UPDATE release_tasks SET not_before = ?", {far_ahead});
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_FALSE(control().claim(id));
    sql("UPDATE release_tasks SET requested_action = 'stop'");
    EXPECT_THAT(control().claimable(), ElementsAre(id.value)) << "a stop waits for no time";
    sql("UPDATE release_tasks SET requested_action = NULL, not_before = ?", {long_ago});
    EXPECT_TRUE(control().claim(id));
}

TEST_P(ClaimTest, leaves_finished_releases_alone) {
    const ReleaseId id = add_whole_release(1, {1});
    for (const char* status : {"success", "failed", "cancelled"}) {
        sql("UPDATE release_tasks SET status = ?, finished_at = ?", {status, long_ago});
        EXPECT_THAT(control().claimable(), IsEmpty()) << status;
        EXPECT_FALSE(control().claim(id)) << status;
    }
    sql("UPDATE release_tasks SET finished_at = NULL");
    for (const char* status : {"pending", "running", "paused"}) {
        sql("UPDATE release_tasks SET status = ?, lease_expires_at = NULL", {status});
        EXPECT_TRUE(control().claim(id)) << status;
    }
}

// A final status was written by an operator: the end must be recorded, whatever else the release
// would wait for.
TEST_P(ClaimTest, takes_a_release_that_was_ended_by_hand) {
    const ReleaseId id = add_whole_release(1, {1});
    for (const char* status : {"success", "failed", "cancelled"}) {
        sql("UPDATE release_tasks SET status = ?, not_before = ?, total_nodes = 5, "
            "lease_expires_at = NULL",
            {status, far_ahead});
        EXPECT_THAT(control().claimable(), ElementsAre(id.value)) << status;
        EXPECT_TRUE(control().claim(id)) << status;
    }
    EXPECT_EQ(text("SELECT COALESCE(last_error, '') FROM release_tasks"), "");
}

TEST_P(ClaimTest, lists_in_the_order_of_versions_up_to_the_limit) {
    std::vector<std::int64_t> ids;
    for (const std::int64_t version : {30, 10, 20}) {
        const std::int64_t node = add_node("x" + std::to_string(version), "10.1.0.1");
        const ReleaseId id = add_release(version, 1);
        add_row(id, node);
        ids.push_back(id.value);
    }
    EXPECT_THAT(control().claimable(), ElementsAre(ids[1], ids[2], ids[0]));
    EXPECT_THAT(control().claimable(2), ElementsAre(ids[1], ids[2]));
}

TEST_P(ClaimTest, holds_back_the_later_of_two_releases_that_share_a_node) {
    const ReleaseId early = add_whole_release(1, {2});
    const ReleaseId late = add_release(2, 1);
    add_row(late, node_ids_[1]);
    EXPECT_THAT(control().claimable(), ElementsAre(early.value));
    const auto claim = control().claim(late);
    ASSERT_TRUE(claim);
    const auto snapshot = control().read(*claim);
    EXPECT_THAT(snapshot->blockers, ElementsAre(Version{1}));
    ASSERT_TRUE(control().await(control().store().give_back(*claim)));
    sql("UPDATE release_tasks SET status = 'success', finished_at = ? WHERE version = 1",
        {long_ago});
    EXPECT_THAT(control().claimable(), ElementsAre(late.value));
}

TEST_P(ClaimTest, holds_back_an_earlier_version_that_comes_after_a_started_one) {
    const ReleaseId late = add_whole_release(5, {1});
    sql("UPDATE release_tasks SET status = 'running', current_batch = 1");
    const ReleaseId early = add_release(4, 1);
    add_row(early, node_ids_[0]);
    EXPECT_THAT(control().claimable(), ElementsAre(late.value)) << "a started one waits for nobody";
}

TEST_P(ClaimTest, offers_what_can_only_fail_so_that_it_fails) {
    add_node("a", "10.0.0.1");
    sql("INSERT INTO release_tasks (type, version) VALUES ('reboot', 1)");
    EXPECT_THAT(control().claimable(), ElementsAre(1));
    const auto snapshot = control().read(*control().claim(ReleaseId{1}));
    ASSERT_EQ(snapshot->problems.size(), 1U);
    EXPECT_EQ(snapshot->problems[0],
              "type 'reboot' is not known: apply_config, reload, purge_cache and run_job are");
}

TEST_P(ClaimTest, offers_a_release_whose_status_nobody_knows_until_it_has_ended) {
    const ReleaseId id = add_whole_release(1, {1});
    for (const char* status : {"Pending", "halted"}) {
        sql("UPDATE release_tasks SET status = ?", {std::string(status)});
        EXPECT_THAT(control().claimable(), ElementsAre(1)) << status;
    }
    const auto snapshot = control().read(*control().claim(id));
    ASSERT_EQ(snapshot->problems.size(), 1U);
    EXPECT_EQ(snapshot->problems[0], "status 'halted' is not known");
    sql("UPDATE release_tasks SET lease_expires_at = NULL, finished_at = created_at");
    EXPECT_THAT(control().claimable(), ::testing::IsEmpty());
}

TEST_P(ClaimTest, leaves_a_release_ended_whatever_is_written_into_its_status_afterwards) {
    const ReleaseId id = add_whole_release(1, {1});
    sql("UPDATE release_tasks SET status = 'running', finished_at = created_at, current_batch = 1");
    EXPECT_THAT(control().claimable(), ::testing::IsEmpty());
    EXPECT_FALSE(control().claim(id));
    // It blocks no later release either.
    const ReleaseId later = add_release(2, 1);
    add_row(later, node_ids_.front());
    EXPECT_THAT(control().claimable(), ElementsAre(later.value));
}

EDGEROLL_ON_BOTH_DATABASES(ClaimTest);

}  // namespace
}  // namespace edgeroll::control::testing
