// The rules that make the fake database as strict as a real one.
#include "sim_database.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace edgeroll::sim {
namespace {

using control::Committed;
using release::Action;
using release::Commit;
using release::Instant;
using release::Millis;
using release::NodeChange;
using release::NodeStatus;
using release::ReleaseId;
using release::ReleaseStatus;

class SimDatabaseTest : public testing::Test {
  protected:
    SimDatabaseTest() {
        for (int number = 1; number <= 2; ++number) {
            InventoryRow node;
            node.id = release::NodeId{number};
            node.address.ip = "10.0.0." + std::to_string(number);
            database_.insert_node(node);
        }
        insert(1, 10, {{{1}, 1}, {{2}, 2}});
    }

    void insert(int id, int version, const std::vector<release::PlannedNode>& rows,
                int total = -1) {
        ReleaseRow row;
        row.id = ReleaseId{id};
        row.version = release::Version{version};
        row.total_nodes = total < 0 ? static_cast<int>(rows.size()) : total;
        database_.insert_release(row, rows, now_);
    }
    control::Claim claimed_by(const std::string& owner) {
        control::Claim claim;
        claim.release = ReleaseId{1};
        claim.owner = owner;
        claim.epoch = database_.claim(owner, claim.release, "order-" + owner, now_)
                          .value_or(release::Epoch{});
        return claim;
    }
    static Commit dispatch_of_node_1() {
        NodeChange change;
        change.row_id = 1;
        change.node = release::NodeId{1};
        change.to = NodeStatus::running;
        change.attempt = 1;
        change.task_id = "task";
        Commit commit;
        commit.release.status = ReleaseStatus::running;
        commit.nodes.push_back(change);
        return commit;
    }

    SimDatabase database_{Millis{15'000}};
    Instant now_{Millis{1'000'000}};
};

TEST_F(SimDatabaseTest, gives_a_release_to_one_owner_until_its_lease_ends) {
    const control::Claim first = claimed_by("a");
    EXPECT_EQ(first.epoch.value, 1);
    EXPECT_FALSE(database_.claim("b", ReleaseId{1}, "order-b", now_));
    EXPECT_TRUE(database_.claimable(8, 8, now_).empty());

    now_ += Millis{15'000};
    EXPECT_EQ(database_.claimable(8, 8, now_).size(), 1U);
    EXPECT_EQ(claimed_by("b").epoch.value, 2);
    EXPECT_FALSE(database_.renew(first, now_));
    EXPECT_FALSE(database_.read(first, now_));
    EXPECT_EQ(database_.commit(first, dispatch_of_node_1(), now_), Committed::fenced);
}

TEST_F(SimDatabaseTest, lets_an_expired_owner_go_on_while_nobody_else_came) {
    const control::Claim claim = claimed_by("a");
    now_ += Millis{60'000};
    EXPECT_EQ(database_.commit(claim, dispatch_of_node_1(), now_), Committed::done);
    EXPECT_TRUE(database_.renew(claim, now_));
}

TEST_F(SimDatabaseTest, does_nothing_of_a_commit_when_one_row_is_not_as_expected) {
    const control::Claim claim = claimed_by("a");
    Commit commit = dispatch_of_node_1();
    NodeChange other = commit.nodes.front();
    other.row_id = 2;
    other.node = release::NodeId{2};
    other.from = NodeStatus::running;
    commit.nodes.push_back(other);

    EXPECT_EQ(database_.commit(claim, commit, now_), Committed::stale);
    EXPECT_EQ(database_.rows(ReleaseId{1}).front().status, NodeStatus::pending);
    EXPECT_EQ(database_.releases().at(ReleaseId{1}).status, ReleaseStatus::pending);
}

TEST_F(SimDatabaseTest, writes_no_row_that_came_in_the_place_of_the_one_that_was_read) {
    const control::Claim claim = claimed_by("a");
    database_.delete_row(ReleaseId{1}, release::NodeId{1});
    database_.insert_rows(ReleaseId{1}, {{{1}, 1}});
    Commit commit = dispatch_of_node_1();
    EXPECT_EQ(database_.commit(claim, commit, now_), Committed::stale);
    EXPECT_EQ(database_.rows(ReleaseId{1}).back().status, NodeStatus::pending);
    EXPECT_EQ(database_.releases().at(ReleaseId{1}).status, ReleaseStatus::pending);

    commit.nodes.front().row_id = database_.rows(ReleaseId{1}).back().row_id;
    EXPECT_EQ(database_.commit(claim, commit, now_), Committed::done);
}

TEST_F(SimDatabaseTest, calls_a_commit_stale_when_an_operator_was_faster) {
    const control::Claim claim = claimed_by("a");
    database_.release_row(ReleaseId{1}).requested = Action::stop;
    EXPECT_EQ(database_.commit(claim, dispatch_of_node_1(), now_), Committed::stale);
}

TEST_F(SimDatabaseTest, skips_pending_rows_nobody_has_read) {
    const control::Claim claim = claimed_by("a");
    Commit commit = dispatch_of_node_1();
    commit.skip_pending = release::SkipPending{"enough"};
    EXPECT_EQ(database_.commit(claim, commit, now_), Committed::done);
    EXPECT_EQ(database_.rows(ReleaseId{1}).back().status, NodeStatus::skipped);
    EXPECT_EQ(database_.rows(ReleaseId{1}).back().error, "enough");
}

TEST_F(SimDatabaseTest, does_not_start_a_release_whose_nodes_an_earlier_one_has) {
    insert(2, 20, {{{2}, 1}});
    ASSERT_EQ(database_.claimable(8, 8, now_).size(), 1U);
    control::Claim claim;
    claim.release = ReleaseId{2};
    claim.owner = "a";
    claim.epoch = *database_.claim("a", claim.release, "order-a", now_);

    const auto seen = database_.read(claim, now_);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->blockers, std::vector<release::Version>{release::Version{10}});
    Commit start;
    start.release.is_started = true;
    EXPECT_EQ(database_.commit(claim, start, now_), Committed::stale);
}

TEST_F(SimDatabaseTest, has_one_row_for_a_node) {
    const auto rows = database_.rows(ReleaseId{1});
    database_.insert_rows(ReleaseId{1}, {{rows.front().node, 7}});
    ASSERT_EQ(database_.rows(ReleaseId{1}).size(), rows.size());
    EXPECT_EQ(database_.rows(ReleaseId{1}).front().batch, rows.front().batch);
}

TEST_F(SimDatabaseTest, lets_a_half_inserted_release_be_claimed_a_minute_after_it_last_grew) {
    insert(3, 30, {{{1}, 1}}, 2);
    const auto is_claimable = [&] {
        const auto found = database_.claimable(8, 8, now_);
        return std::any_of(found.begin(), found.end(), [](const control::Candidate& one) {
            return one.release == ReleaseId{3} && one.is_resting;
        });
    };
    EXPECT_FALSE(is_claimable());
    EXPECT_NE(database_.releases().at(ReleaseId{3}).last_error, "");

    now_ += Millis{59'000};
    EXPECT_FALSE(is_claimable());

    now_ += Millis{1'000};
    EXPECT_TRUE(is_claimable());
    EXPECT_EQ(database_.releases().at(ReleaseId{3}).status, ReleaseStatus::pending);
}

}  // namespace
}  // namespace edgeroll::sim
