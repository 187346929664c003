// The rows of the start, the number of the last started batch, and reads of one batch
// (docs/adr/0015).
#include "control/store/engine/snapshot_query.hpp"
#include "tests/store/overheard.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::NodeRow;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class BatchReadingTest : public StoreTest {
  protected:
    /// Claims and starts the release with its present rows; its first batch is `number`.
    Claim start(ReleaseId id, int number = 1) {
        Claim claim = control().claim(id).value();
        EXPECT_EQ(control().commit(claim, start_of(id, number)), Committed::done);
        return claim;
    }
    Commit start_of(ReleaseId id, int number = 1) {
        Commit commit;
        commit.release.status = ReleaseStatus::running;
        commit.release.is_started = true;
        commit.release.current_batch = 1;
        commit.release.started_batch = number;
        const Rows ids =
            rows("SELECT id FROM release_task_nodes WHERE release_task_id = ?", {id.value});
        release::RowsOfStart& start = commit.release.rows_of_start.emplace();
        for (const Row& row : ids)
            start.newest_row_id = std::max(start.newest_row_id, row.integer_or(0, 0));
        start.rows = static_cast<int>(ids.size());
        return commit;
    }
    void end_lease(ReleaseId id) {
        sql("UPDATE release_tasks SET lease_expires_at = '2020-01-01 00:00:00' WHERE id = ?",
            {id.value});
    }
    std::vector<bool> marks(const Claim& claim) {
        std::vector<bool> all;
        const auto snapshot = control().read(claim);
        for (const NodeRow& row : snapshot->nodes)
            all.push_back(row.is_of_start);
        return all;
    }
};

TEST_P(BatchReadingTest, knows_the_rows_of_the_start_whoever_owns_the_release) {
    const ReleaseId id = add_whole_release(4, {1, 2});
    const Claim first = start(id);
    sql("DELETE FROM release_task_nodes WHERE node_id = ?", {node_ids_[1]});
    const std::int64_t other = add_node("late", "10.0.0.9");
    // An id below all others: the servers of a cluster assign ids in separate steps.
    sql("INSERT INTO release_task_nodes (id, release_task_id, node_id, batch) VALUES (-5, ?, ?, 0)",
        {id.value, other});
    EXPECT_THAT(marks(first), ElementsAre(false, true, true)) << "in the order of the batches";

    end_lease(id);
    Process process(url(), "other");
    const Claim second = process.claim(id).value();
    const auto seen = process.read(second);
    EXPECT_EQ(seen->started_batch, 1);
    EXPECT_THAT(seen->problems, ::testing::IsEmpty()) << "its batch is 0";
    EXPECT_FALSE(seen->nodes.front().is_of_start);
    EXPECT_TRUE(seen->nodes.back().is_of_start);
}

TEST_P(BatchReadingTest, does_not_start_with_other_rows_than_were_read) {
    const ReleaseId id = add_whole_release(4, {2});
    const Claim claim = control().claim(id).value();
    const Commit wanted = start_of(id);
    sql("DELETE FROM release_task_nodes WHERE node_id = ?", {node_ids_[0]});
    EXPECT_EQ(control().commit(claim, wanted), Committed::stale);
    EXPECT_EQ(number("SELECT current_batch FROM release_tasks"), 0);

    const Commit again = start_of(id);
    const std::int64_t other = add_node("late", "10.0.0.9");
    add_row(id, other);
    EXPECT_EQ(control().commit(claim, again), Committed::done) << "it is newer than those";
    EXPECT_THAT(marks(claim), ElementsAre(true, false));
}

TEST_P(BatchReadingTest, derives_nothing_after_older_processes_had_the_claim) {
    const ReleaseId id = add_whole_release(4, {1, 1});
    (void)start(id);
    end_lease(id);
    const Claim second = control().claim(id).value();
    EXPECT_EQ(control().read(second)->started_batch, 1) << "carried on by a claim of ours";
    // The columns that an older process writes with its claim.
    sql("UPDATE release_tasks SET claimed_by = 'old', claim_epoch = claim_epoch + 1, "
        "lease_expires_at = '2020-01-01 00:00:00' WHERE id = ?",
        {id.value});
    const Claim third = control().claim(id).value();
    EXPECT_EQ(control().read(third)->started_batch, std::nullopt);

    Commit settled;
    settled.expected_status = ReleaseStatus::running;
    settled.release.started_batch = 2;
    EXPECT_EQ(control().commit(third, settled), Committed::done);
    EXPECT_EQ(control().read(third)->started_batch, 2);
    sql("UPDATE release_tasks SET current_batch = 0 WHERE id = ?", {id.value});
    EXPECT_EQ(control().read(third)->started_batch, std::nullopt) << "an older retry leaves it";
}

TEST_P(BatchReadingTest, reads_one_batch_and_what_shows_of_the_others) {
    const ReleaseId id = add_whole_release(4, {1, 2, 1});
    const Claim claim = start(id);
    const auto set = [&](std::size_t node, const char* status) {
        sql("UPDATE release_task_nodes SET status = ? WHERE node_id = ?",
            {std::string(status), node_ids_[node]});
    };
    set(0, "failed");
    const auto seen = control().read(claim, 2);
    ASSERT_TRUE(seen->part);
    EXPECT_EQ(seen->part->number, 2);
    EXPECT_EQ(seen->part->lowest_open, 2);
    EXPECT_EQ(seen->part->failed, 1);
    ASSERT_THAT(seen->nodes, SizeIs(2));
    EXPECT_EQ(seen->nodes[0].id.value, node_ids_[1]);
    EXPECT_EQ(seen->nodes[0].address.name, "n2");
    EXPECT_TRUE(seen->nodes[0].is_of_start);
    EXPECT_EQ(seen->status, ReleaseStatus::running);

    set(0, "running");
    EXPECT_EQ(control().read(claim, 2)->part->lowest_open, 1);
    for (std::size_t node = 0; node < 4; ++node)
        set(node, "success");
    EXPECT_EQ(control().read(claim, 2)->part->lowest_open, std::nullopt);
    EXPECT_THAT(control().read(claim, 9)->nodes, SizeIs(0));
    EXPECT_FALSE(control().read(claim)->part);
}

TEST_P(BatchReadingTest, looks_at_as_many_rows_as_the_batch_has) {
    const std::vector<int> batches(300, 1);
    const ReleaseId id = add_whole_release(4, batches);
    const Claim claim = start(id);
    sql("UPDATE release_task_nodes SET status = 'success' WHERE batch < 200");
    Overheard connection(hand());
    ContentBook contents;
    const auto looked_at = [&] {
        std::int64_t rows_read = 0;
        for (const Row& row : hand().query("SHOW SESSION STATUS LIKE 'Handler_read%'"))
            rows_read += row.integer_or(1, 0);
        return rows_read;
    };
    if (is_mysql()) {
        const std::int64_t before = looked_at();
        ASSERT_THAT(take_snapshot(connection, contents, claim, 200)->nodes, SizeIs(1));
        const std::int64_t after = looked_at();
        EXPECT_LT(after - before, 60);
        ASSERT_THAT(take_snapshot(connection, contents, claim)->nodes, SizeIs(300));
        EXPECT_GT(looked_at() - after, 300) << "the count counts";
        return;
    }
    ASSERT_THAT(take_snapshot(connection, contents, claim, 200)->nodes, SizeIs(1));
    std::vector<std::string> plans;
    for (const auto& [text, values] : connection.queries) {
        for (const Row& row : hand().query("EXPLAIN QUERY PLAN " + text, values)) {
            if (row.text(3).find("release_task_nodes") != std::string::npos ||
                row.text(3).find(" r ") != std::string::npos) {
                plans.push_back(row.text(3));
            }
        }
    }
    EXPECT_THAT(plans, Each(HasSubstr("USING")));
    EXPECT_THAT(plans, Each(HasSubstr("INDEX release_task_nodes_status (release_task_id=? AND "
                                      "status=?")));
    EXPECT_THAT(plans, Contains(HasSubstr("AND batch=?)")));
    EXPECT_THAT(plans, Not(Contains(HasSubstr("SCAN"))));
}

EDGEROLL_ON_BOTH_DATABASES(BatchReadingTest);

}  // namespace
}  // namespace edgeroll::control::testing
