// Members, and what heartbeats write, on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "release/fleet/heartbeats.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::Observation;
using release::ObservedContent;
using release::Sighting;
using release::WatchedNode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Mark = Sighting::Mark;

constexpr release::Millis lease{15'000};

class FleetTest : public StoreTest {
  protected:
    FleetStore& fleet() { return control().fleet(); }
    std::vector<std::string> join(const std::string& name) {
        return control().get(fleet().join(name, lease)).members;
    }
    std::vector<WatchedNode> nodes() { return control().get(fleet().nodes()); }
    std::vector<WatchedNode> write(std::vector<Sighting> sightings) {
        const auto watched = nodes();
        for (Sighting& one : sightings) {
            for (const WatchedNode& node : watched) {
                if (node.node == one.node) one.address = node.address;
            }
        }
        return control().get(fleet().write("a", std::move(sightings)));
    }
    static Sighting sighting(std::int64_t node, Mark mark = Mark::none) {
        Sighting one;
        one.node = release::NodeId{node};
        one.mark = mark;
        return one;
    }
    static Sighting seen(std::int64_t node, const std::string& sha256) {
        Sighting one = sighting(node);
        one.observed = Observation{ObservedContent::whole,
                                   release::Version{7},
                                   sha256,
                                   "facts",
                                   "a remark",
                                   "1.2",
                                   "secrets"};
        return one;
    }
    std::string status(std::int64_t node) {
        return text("SELECT status FROM nodes WHERE id = ?", {node});
    }
    bool has_mark(std::int64_t node) {
        return text("SELECT offline_since FROM nodes WHERE id = ?", {node}) != "NULL";
    }
};

TEST_P(FleetTest, members_are_those_whose_lease_holds) {
    EXPECT_THAT(join("b"), ElementsAre("b"));
    EXPECT_THAT(join("a"), ElementsAre("a", "b"));
    EXPECT_THAT(join("a"), ElementsAre("a", "b")) << "renewed, not entered twice";
    sql("UPDATE control_members SET lease_expires_at = '2020-01-01 00:00:00' WHERE name = 'b'");
    EXPECT_THAT(join("a"), ElementsAre("a"));
    EXPECT_EQ(number("SELECT COUNT(*) FROM control_members"), 1) << "forgotten after a day";
    EXPECT_THAT(join("b"), ElementsAre("a", "b")) << "it comes back";
    ASSERT_TRUE(control().await(fleet().leave("a")));
    EXPECT_THAT(join("b"), ElementsAre("b"));
}

TEST_P(FleetTest, a_lease_that_no_member_can_have_counts_as_over) {
    join("a");
    sql("UPDATE control_members SET lease_expires_at = '2037-01-01 00:00:00'");
    EXPECT_THAT(join("b"), ElementsAre("b")) << "the database's clock was set back";
}

TEST_P(FleetTest, the_inventory_mark_shows_changes_of_the_nodes) {
    add_node("n1", "10.0.0.1");
    const auto mark = [&] { return control().get(fleet().join("a", lease)).inventory_mark; };
    const std::string before = mark();
    EXPECT_EQ(mark(), before);
    write({seen(1, "x")});
    EXPECT_EQ(mark(), before) << "heartbeats change none";
    add_node("n2", "10.0.0.2");
    const std::string after = mark();
    EXPECT_NE(after, before);
    sql("UPDATE nodes SET enabled = 0 WHERE id = 2");
    EXPECT_NE(mark(), after);
}

TEST_P(FleetTest, reads_every_enabled_node_as_it_is) {
    add_node("n1", " 10.0.0.1 ");
    add_node("n2", "10.0.0.2");
    add_node("n3", "10.0.0.3");
    sql("UPDATE nodes SET enabled = 0 WHERE id = 2");
    sql("UPDATE nodes SET status = 'maintenance', offline_since = '2026-01-01 00:00:00', "
        "applied_version = 4, applied_sha256 = 'four', agent_port = 9000 WHERE id = 3");
    const std::vector<WatchedNode> found = nodes();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].address.ip, "10.0.0.1");
    EXPECT_TRUE(found[0].is_online);
    EXPECT_LT(found[0].unseen_for, release::Millis{0});
    EXPECT_EQ(found[1].address.port, 9000);
    EXPECT_FALSE(found[1].is_online);
    EXPECT_FALSE(found[1].is_marked);
    EXPECT_TRUE(found[1].has_old_mark);
    EXPECT_EQ(found[1].applied_version, release::Version{4});
}

TEST_P(FleetTest, writes_an_observation_and_reads_it_back) {
    add_node("n1", "10.0.0.1");
    const std::string changed = text("SELECT updated_at FROM nodes WHERE id = 1");
    const Sighting one = seen(1, std::string(64, 'a'));
    const auto rows = write({one});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].observed, *one.observed);
    EXPECT_EQ(nodes().at(0).observed, *one.observed);
    EXPECT_EQ(text("SELECT updated_at FROM nodes WHERE id = 1"), changed);
    EXPECT_EQ(text("SELECT last_seen_at FROM nodes WHERE id = 1"), "NULL");
    Sighting answered = sighting(1);
    answered.is_seen = true;
    write({answered});
    EXPECT_NE(text("SELECT last_seen_at FROM nodes WHERE id = 1"), "NULL");
}

TEST_P(FleetTest, drops_an_observation_from_before_a_release) {
    add_node("n1", "10.0.0.1");
    sql("UPDATE nodes SET applied_version = 8, applied_sha256 = 'eight' WHERE id = 1");
    Sighting old = seen(1, "seven");
    old.applied_version = release::Version{7};
    old.applied_sha256 = "seven";
    const auto rows = write({old});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].observed, Observation{});
    EXPECT_EQ(rows[0].applied_sha256, "eight") << "the next question compares with this";
    EXPECT_EQ(text("SELECT observed_sha256 FROM nodes WHERE id = 1"), "NULL");
}

TEST_P(FleetTest, marks_nothing_offline_for_one_that_has_lost_its_lease) {
    add_node("n1", "10.0.0.1");
    write({sighting(1, Mark::offline)});
    EXPECT_EQ(status(1), "online") << "it never was a member";
    join("a");
    sql("UPDATE control_members SET lease_expires_at = '2020-01-01 00:00:00'");
    write({sighting(1, Mark::offline)});
    EXPECT_EQ(status(1), "online");
    join("a");
    write({sighting(1, Mark::offline)});
    EXPECT_EQ(status(1), "offline");
    sql("UPDATE control_members SET lease_expires_at = '2020-01-01 00:00:00'");
    write({sighting(1, Mark::online)});
    EXPECT_EQ(status(1), "online") << "an answer is an answer";
}

TEST_P(FleetTest, takes_nothing_from_another_address) {
    add_node("n1", "10.0.0.1");
    join("a");
    Sighting one = seen(1, "x");
    one.mark = Mark::offline;
    one.address.ip = "10.0.0.9";
    (void)control().get(fleet().write("a", {one}));
    EXPECT_EQ(status(1), "online");
    EXPECT_EQ(text("SELECT observed_sha256 FROM nodes WHERE id = 1"), "NULL");
}

TEST_P(FleetTest, marks_only_over_what_it_is_meant_for) {
    join("a");
    for (int i = 1; i <= 5; ++i)
        add_node("n" + std::to_string(i), "10.0.0." + std::to_string(i));
    sql("UPDATE nodes SET status = 'maintenance' WHERE id = 2");
    sql("UPDATE nodes SET status = 'offline' WHERE id = 3");
    sql("UPDATE nodes SET enabled = 0 WHERE id = 4");
    Sighting first = sighting(1, Mark::offline);
    first.silent_for = release::Millis{60'000};
    const auto rows = write({first, sighting(2, Mark::offline), sighting(3, Mark::online),
                             sighting(4, Mark::offline), sighting(5, Mark::online)});
    EXPECT_EQ(rows.size(), 4U) << "a disabled node has no row";
    EXPECT_EQ(status(1), "offline");
    EXPECT_TRUE(has_mark(1));
    const std::string age = control().get(control().api().nodes()).at(0).offline_since;
    EXPECT_LT(age, control().get(control().api().nodes()).at(0).updated_at)
        << "since a minute before it was marked";
    EXPECT_EQ(status(2), "maintenance");
    EXPECT_EQ(status(3), "offline") << "an operator's word";
    EXPECT_EQ(status(4), "online");
    EXPECT_EQ(status(5), "online");
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes WHERE offline_since IS NOT NULL"), 1);

    sql("UPDATE nodes SET status = 'maintenance' WHERE id = 1");
    write({sighting(1, Mark::online)});
    EXPECT_EQ(status(1), "maintenance");
    write({sighting(1, Mark::clear)});
    EXPECT_FALSE(has_mark(1)) << "an operator's word from now on";
    sql("UPDATE nodes SET status = 'offline' WHERE id = 1");
    write({sighting(1, Mark::online)});
    EXPECT_EQ(status(1), "offline");
}

TEST_P(FleetTest, passes_over_rows_that_somebody_has_locked) {
    if (!is_mysql()) GTEST_SKIP() << "SQLite locks the whole database";
    add_node("n1", "10.0.0.1");
    add_node("n2", "10.0.0.2");
    Transaction pipeline(hand(), Transaction::Kind::write);
    sql("UPDATE nodes SET labels = '{}' WHERE id = 1");
    const auto rows = write({seen(1, "x"), seen(2, "x")});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].node, release::NodeId{2});
    pipeline.commit();
    EXPECT_EQ(write({seen(1, "x")}).size(), 1U);
}

TEST_P(FleetTest, a_release_sets_what_is_believed_until_the_next_heartbeat) {
    const ReleaseId id = add_whole_release(7, {1});
    sql("UPDATE release_tasks SET content_sha256 = 'seven'");
    write({seen(1, "six")});
    const auto claim = control().claim(id);
    ASSERT_TRUE(claim);
    sql("UPDATE release_tasks SET content_sha256 = 'seven'");
    Commit commit;
    NodeChange change = node_change(1, NodeStatus::pending, NodeStatus::success);
    change.has_new_content = true;
    commit.nodes.push_back(change);
    ASSERT_EQ(control().commit(*claim, commit), Committed::done);
    const Observation observed = nodes().at(0).observed;
    EXPECT_EQ(observed.content, ObservedContent::believed);
    EXPECT_EQ(observed.version, release::Version{7});
    EXPECT_EQ(observed.sha256, "seven");
    EXPECT_EQ(observed.facts_sha256, "");
}

TEST_P(FleetTest, a_status_by_the_api_is_no_heartbeats) {
    add_node("n1", "10.0.0.1");
    join("a");
    write({sighting(1, Mark::offline)});
    ASSERT_EQ(status(1), "offline");
    NodeChangeRequest change;
    change.status = "offline";
    const NodeView view = control().get(control().api().change_node(release::NodeId{1}, change));
    EXPECT_EQ(view.offline_since, "");
    EXPECT_THAT(write({sighting(1, Mark::online)}), ::testing::SizeIs(1));
    EXPECT_EQ(status(1), "offline");
}

EDGEROLL_ON_BOTH_DATABASES(FleetTest);

}  // namespace
}  // namespace edgeroll::control::testing
