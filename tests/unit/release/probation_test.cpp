// Probation (I11) and the ramp of large batches (docs/contract.md 6.3).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1, test::n2, test::n3, test::n4;
using test::Rows;

struct Probation : testing::Test {
    Rows rows{{1, 2, 2, 2}};
    Desk desk{rows};

    void away(NodeId node) {
        desk.report(node, NodeStatus::failed, FailureKind::unreachable, "no route");
    }
    [[nodiscard]] int running() const { return rows.count(NodeStatus::running); }
    void SetUp() override { rows.header.policy.limits.max_unreachable.amount = 2; }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Probation, ends_before_it_begins_when_a_canary_succeeds) {
    desk.observe();
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(running(), 3);
    EXPECT_FALSE(rows.has_history("probation_began"));
    EXPECT_TRUE(rows.header.is_proven);
}

TEST_F(Probation, lasts_until_somebody_has_looked_where_that_is_demanded) {
    rows.header.policy.min_evidence = MinEvidence::verify;
    const auto succeeds = [&](NodeId node, const std::string& evidence) {
        Reported reported = desk.make_report(node, NodeStatus::success, FailureKind::none, "");
        reported.verdict.evidence = evidence;
        desk.give(Event{reported});
    };
    desk.observe();
    succeeds(n1, "check");
    EXPECT_EQ(running(), 1) << "a check is no verify";
    EXPECT_FALSE(rows.header.is_proven);
    succeeds(n2, std::string(looks::unknown));
    EXPECT_EQ(running(), 1);
    desk.restart();
    EXPECT_EQ(running(), 1);
    EXPECT_FALSE(desk.state.is_proven);
    succeeds(n3, "check,verify_cmd");
    EXPECT_TRUE(rows.header.is_proven);
    ASSERT_FALSE(rows.last.evidence.empty());
    EXPECT_THAT(rows.last.evidence.front().summary, testing::EndsWith(": check, verify_cmd"));
    EXPECT_EQ(rows.last.evidence.front().rule, "a node of this release succeeds, and shows verify");
}

TEST(NodeEvidence, is_enough_for_the_demand) {
    for (const auto wanted : {MinEvidence::any, MinEvidence::check, MinEvidence::verify}) {
        for (const std::string_view words : {"", "unknown", "checked", "verify", "check_verify"})
            EXPECT_EQ(is_enough(words, wanted), wanted == MinEvidence::any) << words;
    }
    EXPECT_TRUE(is_enough("check", MinEvidence::check));
    EXPECT_TRUE(is_enough("trial,check", MinEvidence::check));
    EXPECT_FALSE(is_enough("verify_cmd,verify_url", MinEvidence::check));
    EXPECT_TRUE(is_enough("check,verify_url", MinEvidence::verify));
    EXPECT_TRUE(is_enough("verify_cmd", MinEvidence::verify));
}

TEST_F(Probation, sends_one_node_when_the_canary_is_away) {
    desk.observe();
    away(n1);
    EXPECT_EQ(rows.find(n1)->status, NodeStatus::deferred);
    EXPECT_EQ(running(), 1);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);
    EXPECT_TRUE(rows.has_history("probation_began"));

    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(running(), 2);
    EXPECT_TRUE(rows.has_history("probation_ended"));
}

TEST_F(Probation, goes_to_the_next_node_when_that_one_is_away_too) {
    desk.observe();
    away(n1);
    away(n2);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
    EXPECT_EQ(running(), 1);
}

TEST_F(Probation, is_not_ended_by_a_node_that_had_the_content) {
    rows.inventory.at(n2).applied_version = rows.header.version;
    rows.inventory.at(n2).applied_sha256 = rows.header.content.sha256;
    desk.observe();
    away(n1);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::success);
    EXPECT_EQ(running(), 1);
    EXPECT_EQ(rows.find(n3)->status, NodeStatus::running);
}

TEST_F(Probation, outlasts_a_takeover_and_so_does_its_proof) {
    desk.observe();
    away(n1);
    desk.restart();
    EXPECT_EQ(running(), 1);
    desk.report(n2, NodeStatus::success);
    // Somebody deletes the row of the node that has proven it.
    std::erase_if(rows.nodes, [](const test::TaskRow& row) { return row.node == n2; });
    desk.report(n3, NodeStatus::success);
    desk.restart();
    EXPECT_TRUE(desk.state.is_proven);
}

TEST_F(Probation, is_none_for_a_rollback) {
    rows.header.rolls_back = ReleaseId{3};
    for (test::TaskRow& row : rows.nodes)
        row.config_version = Version{40};
    rows.header.other_contents = {{Version{40}, rows.header.content}};
    desk.observe();
    away(n1);
    EXPECT_EQ(running(), 3);
}

struct Ramp : testing::Test {
    Rows rows{std::vector<int>(120, 1)};
    Desk desk{rows};

    void SetUp() override { rows.header.is_planned = true; }
    void succeed(int count) {
        std::vector<NodeId> some;
        for (const test::TaskRow& row : rows.nodes) {
            const bool is_wanted = some.size() < static_cast<std::size_t>(count);
            if (is_wanted && row.status == NodeStatus::running) some.push_back(row.node);
        }
        for (const NodeId node : some)
            desk.report(node, NodeStatus::success);
    }
    [[nodiscard]] int running() const { return rows.count(NodeStatus::running); }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(Ramp, grows_with_the_nodes_that_succeeded) {
    desk.observe();
    EXPECT_EQ(running(), 8);
    succeed(3);
    EXPECT_EQ(running(), 8);
    succeed(3);
    EXPECT_EQ(running(), 12);
    succeed(12);
    EXPECT_EQ(running(), 36);
}

TEST_F(Ramp, is_steeper_when_asked_for) {
    rows.header.policy.ramp = 10;
    desk.observe();
    succeed(4);
    EXPECT_EQ(running(), 40);
}

TEST_F(Ramp, is_off_with_0) {
    rows.header.policy.ramp = 0;
    desk.observe();
    EXPECT_EQ(running(), 120);
}

TEST_F(Ramp, is_none_where_edgeroll_did_not_plan) {
    rows.header.is_planned = false;
    desk.observe();
    EXPECT_EQ(running(), 120);
}

TEST_F(Ramp, is_none_for_a_rollback) {
    rows.header.rolls_back = ReleaseId{3};
    for (test::TaskRow& row : rows.nodes)
        row.config_version = Version{40};
    rows.header.other_contents = {{Version{40}, rows.header.content}};
    desk.observe();
    EXPECT_EQ(running(), 120);
}

TEST_F(Ramp, is_none_for_a_small_batch) {
    rows = Rows{std::vector<int>(100, 1)};
    rows.header.is_planned = true;
    desk.observe();
    EXPECT_EQ(running(), 100);
}

}  // namespace
}  // namespace edgeroll::release
