#include "release/states.hpp"

#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

TEST(States, are_spelled_as_the_contract_spells_them) {
    EXPECT_EQ(to_text(NodeStatus::deferred), "deferred");
    EXPECT_EQ(to_text(BatchStatus::none), "");
    EXPECT_EQ(to_text(Action::resume), "continue");
    EXPECT_EQ(to_text(FailureKind::exec_failed), "exec_failed");
    EXPECT_EQ(to_text(ReleaseStatus::cancelled), "cancelled");
}

TEST(States, come_back_from_their_words_and_refuse_others) {
    for (int i = 0; i < 7; ++i) {
        const auto status = static_cast<NodeStatus>(i);
        EXPECT_EQ(from_text<NodeStatus>(to_text(status)), status);
    }
    EXPECT_FALSE(from_text<NodeStatus>("Running").has_value());
    EXPECT_FALSE(from_text<ReleaseStatus>("").has_value());
    EXPECT_EQ(from_text<BatchStatus>(""), BatchStatus::none);
}

}  // namespace
}  // namespace edgeroll::release
