#include "release/conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

using testing::HasSubstr;

struct Comparing : testing::Test {
    Order sent{"order-a", TaskType::apply_config, Version{42}, std::string(64, 'a')};
    TaskIdentity all{"order-a", "apply_config", "42", std::string(64, 'a')};

    [[nodiscard]] Answer compare(const TaskIdentity& about) const {
        Answer answer;
        answer.heard = Heard::accepted;
        answer.status = TaskStatus::success;
        answer.about = about;
        return compared(answer, sent);
    }
};

TEST_F(Comparing, takes_what_says_the_same_or_nothing) {
    EXPECT_EQ(compare(all).heard, Heard::accepted);
    EXPECT_TRUE(compare(all).is_certain);
    EXPECT_EQ(compare({}).heard, Heard::accepted) << "an agent written elsewhere";
    EXPECT_FALSE(compare({}).is_certain);
    EXPECT_EQ(compare({"", "apply_config", "42", ""}).heard, Heard::accepted);
}

TEST_F(Comparing, takes_no_contradiction) {
    std::vector<TaskIdentity> wrong(4, all);
    wrong[0].order_id = "order-b";
    wrong[1].type = "reload";
    wrong[2].version = "41";
    wrong[3].sha256 = std::string(64, 'b');
    for (const TaskIdentity& about : wrong) {
        EXPECT_EQ(compare(about).heard, Heard::other_task);
        EXPECT_FALSE(compare(about).is_certain);
    }
    EXPECT_THAT(compare(wrong[2]).message, HasSubstr("its version is 41, not 42"));
}

TEST_F(Comparing, takes_the_digest_that_sees_no_templates_only_beside_the_order) {
    sent.plain_sha256 = std::string(64, 'c');
    all.sha256 = sent.plain_sha256;
    EXPECT_EQ(compare(all).heard, Heard::accepted);
    all.order_id.clear();
    EXPECT_EQ(compare(all).heard, Heard::other_task) << "that text taken literally has it too";
    all = {"order-a", "apply_config", "42", std::string(64, 'd')};
    EXPECT_EQ(compare(all).heard, Heard::other_task);
}

TEST_F(Comparing, takes_no_content_where_none_was_sent) {
    sent.sha256 = "";
    EXPECT_EQ(compare(all).heard, Heard::other_task);
    sent.sha256.reset();  // unknown here
    EXPECT_EQ(compare(all).heard, Heard::accepted);
}

TEST_F(Comparing, lets_type_version_and_content_decide_where_no_order_was_given) {
    sent.id.clear();
    EXPECT_EQ(compare(all).heard, Heard::accepted);
    EXPECT_FALSE(compare(all).is_certain);
    all.sha256 = std::string(64, 'b');
    EXPECT_EQ(compare(all).heard, Heard::other_task);
}

}  // namespace
}  // namespace edgeroll::release
