// Rows with their own content: what a rollback gives each node (docs/contract.md section 6).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::n1, test::n2, test::n3;
using test::Rows;

struct RowContent : testing::Test {
    Rows rows{{1, 2, 2}};
    Desk desk{rows};

    void SetUp() override {
        rows.header.rolls_back = ReleaseId{3};
        rows.header.content = {};
        give(n1, 10, 'x');
        give(n2, 20, 'y');
        give(n3, 10, 'x');
    }
    void give(NodeId id, int version, char digest) {
        rows.find(id)->config_version = Version{version};
        Content content;
        content.is_present = true;
        content.sha256 = std::string(64, digest);
        rows.header.other_contents.emplace_back(Version{version}, content);
    }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(RowContent, is_told_with_every_conversation_and_kept_with_the_result) {
    desk.observe();
    EXPECT_EQ(rows.header.content_sha256, mixed_mark);
    EXPECT_EQ(desk.started.back().content, Version{10});
    desk.report(n1, NodeStatus::success);
    EXPECT_EQ(desk.started.at(1).content, Version{20});
    EXPECT_EQ(desk.started.at(2).content, Version{10});
    desk.finish_running();

    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
    EXPECT_EQ(rows.inventory[n1].applied_sha256, std::string(64, 'x'));
    EXPECT_EQ(rows.inventory[n2].applied_sha256, std::string(64, 'y'));
    EXPECT_EQ(rows.inventory[n2].applied_version, rows.header.version);
    EXPECT_FALSE(rows.has_history("reload_only"));
}

TEST_F(RowContent, that_is_changed_meanwhile_stops_the_rollback) {
    desk.observe();
    for (auto& [version, content] : rows.header.other_contents)
        content.sha256 = std::string(64, 'c');
    desk.report(n1, NodeStatus::success);

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::skipped);
    EXPECT_EQ(desk.started.size(), 1U);
}

TEST_F(RowContent, is_told_after_a_takeover_too) {
    desk.observe();
    Desk other(rows);
    other.observe();

    ASSERT_EQ(other.started.size(), 1U);
    EXPECT_EQ(other.started.front().content, Version{10});
    EXPECT_TRUE(other.started.front().asks_first);
}

TEST_F(RowContent, is_told_with_every_attempt) {
    rows.header.policy.retries = 1;
    desk.observe();
    desk.report(n1, NodeStatus::failed, FailureKind::timeout, "late");

    EXPECT_EQ(desk.started.size(), 2U);
    EXPECT_EQ(desk.started.back().content, Version{10});
}

TEST_F(RowContent, counts_as_there_only_where_the_digest_fits) {
    rows.inventory[n1].applied_version = rows.header.version;
    rows.inventory[n1].applied_sha256 = std::string(64, 'x');
    rows.inventory[n2].applied_version = rows.header.version;
    rows.inventory[n2].applied_sha256 = std::string(64, 'x');  // it will get y
    desk.observe();

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::success);
    EXPECT_TRUE(rows.has_history("already_applied"));
    EXPECT_EQ(rows.find(n2)->status, NodeStatus::running);
}

TEST_F(RowContent, does_not_go_over_a_newer_version) {
    rows.inventory[n1].applied_version = Version{43};
    desk.observe();

    EXPECT_EQ(rows.find(n1)->failure, FailureKind::rejected);
    EXPECT_TRUE(desk.started.empty());
}

TEST_F(RowContent, is_missing_when_a_row_of_a_rollback_names_none) {
    rows.find(n1)->config_version.reset();
    desk.observe();

    EXPECT_EQ(rows.find(n1)->status, NodeStatus::failed);
    EXPECT_EQ(rows.find(n1)->failure, FailureKind::rejected);
    EXPECT_THAT(rows.find(n1)->error, testing::HasSubstr("names no content"));
}

TEST_F(RowContent, is_refused_in_a_release_that_rolls_nothing_back) {
    rows.header.rolls_back.reset();
    desk.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("config_version"));
    EXPECT_TRUE(desk.started.empty());
}

TEST_F(RowContent, is_only_asked_for_at_the_start) {
    desk.observe();
    rows.header.rolls_back.reset();
    desk.observe();

    EXPECT_EQ(rows.header.status, ReleaseStatus::running);
}

}  // namespace
}  // namespace edgeroll::release
