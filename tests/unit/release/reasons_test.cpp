// Reasons are words; the sentences beside them are for people and decide nothing.
#include "release/reasons.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "release/limits.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

std::vector<ReasonKind> all_kinds() {
    std::vector<ReasonKind> all;
    for (std::size_t i = 0; i < reason_kind_count; ++i)
        all.push_back(static_cast<ReasonKind>(i));
    return all;
}
constexpr NodeStatus all_statuses[]{NodeStatus::pending,  NodeStatus::running, NodeStatus::success,
                                    NodeStatus::failed,   NodeStatus::skipped, NodeStatus::deferred,
                                    NodeStatus::cancelled};

TEST(Reasons, come_back_from_their_words) {
    std::set<std::string_view> words;
    for (const ReasonKind kind : all_kinds()) {
        EXPECT_EQ(from_text<ReasonKind>(to_text(kind)), kind);
        EXPECT_TRUE(words.insert(to_text(kind)).second) << to_text(kind);
    }
    EXPECT_EQ(to_text(ReasonKind::none), "");
    EXPECT_FALSE(from_text<ReasonKind>("Stopped"));
}

TEST(Reasons, count_only_beside_a_status_that_can_have_them) {
    for (const ReasonKind kind : all_kinds()) {
        int statuses = 0;
        for (const NodeStatus status : all_statuses) {
            const bool may = may_stand_beside(kind, status);
            statuses += may ? 1 : 0;
            EXPECT_EQ(reason_of_row(to_text(kind), status), may ? kind : ReasonKind::none);
        }
        EXPECT_EQ(statuses > 0, kind != ReasonKind::none) << to_text(kind);
        EXPECT_FALSE(may_stand_beside(kind, NodeStatus::failed)) << "its failure_kind says it";
    }
    EXPECT_EQ(reason_of_row("of_a_later_version", NodeStatus::skipped), ReasonKind::none);
}

TEST(Reasons, are_told_in_the_contract) {
    std::ifstream file(EDGEROLL_DOCS "/contract.md");
    std::stringstream text;
    text << file.rdbuf();
    const std::string contract = text.str();
    const std::size_t table = contract.find("| `reason_kind` | of rows that are");
    ASSERT_NE(table, std::string::npos);
    const std::string rows = contract.substr(table, contract.find("\n\n", table) - table);
    for (const ReasonKind kind : all_kinds()) {
        if (kind == ReasonKind::none) continue;
        EXPECT_NE(rows.find("`" + std::string(to_text(kind)) + "`"), std::string::npos)
            << to_text(kind);
    }
}

TEST(Reasons, decide_what_was_left_out_and_no_sentence_does) {
    for (const ReasonKind kind : all_kinds()) {
        if (kind == ReasonKind::none) continue;
        Release release;
        release.counts.skipped = 1;
        release.nodes.emplace_back();
        release.nodes[0].row.status = NodeStatus::skipped;
        release.nodes[0].row.reason = kind;
        const int without = left_out(release);
        for (const char* sentence : {"not dispatched: x", "stopped by the operator", "whatever"}) {
            release.nodes[0].row.error = sentence;
            EXPECT_EQ(left_out(release), without) << to_text(kind) << ": " << sentence;
        }
        const bool is_kept_from_it = kind == ReasonKind::release_failed ||
                                     kind == ReasonKind::stopped ||
                                     kind == ReasonKind::ended_by_hand;
        EXPECT_EQ(without, is_kept_from_it ? 1 : 0) << to_text(kind);
    }
}

// The first row was skipped by an older process, the second by an operator.
TEST(Reasons, without_a_word_a_sentence_counts_as_left_out) {
    EXPECT_TRUE(is_left_out(ReasonKind::none, true));
    EXPECT_FALSE(is_left_out(ReasonKind::none, false));
}

}  // namespace
}  // namespace edgeroll::release
