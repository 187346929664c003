#include "release/wire/plan_digest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/crypto/sha256.hpp"
#include "release/text/digits.hpp"
#include "release/wire/content.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {
namespace {

using testing::ElementsAre;

const std::vector<PlannedNode> two_batches{{NodeId{1}, 1}, {NodeId{2}, 2}};
const std::vector<PlannedNode> one_batch{{NodeId{1}, 1}, {NodeId{2}, 1}};

TEST(PlanDigest, is_the_same_for_the_same_plan) {
    const std::string digest =
        plan_digest({two_batches, "c", TaskType::apply_config, R"({"retries":1,"batch_size":1})"});
    EXPECT_TRUE(is_sha256_hex(digest)) << digest;
    EXPECT_EQ(digest.substr(0, 32), sha256_hex("1:1\n2:2\n").substr(0, 32));
    EXPECT_EQ(digest.substr(32, 16), sha256_hex("c").substr(0, 16));
    EXPECT_EQ(digest, plan_digest({two_batches, "c", TaskType::apply_config,
                                   R"({ "batch_size": 1, "retries": 1 })"}));
    EXPECT_EQ(plan_digest({two_batches, "", TaskType::reload, ""}),
              plan_digest({two_batches, "", TaskType::reload, "{}"}));
}

TEST(PlanDigest, tells_what_differs) {
    const auto digest = [](const std::vector<PlannedNode>& nodes, std::string_view content,
                           TaskType type, std::string_view rules) {
        return plan_digest({nodes, content, type, rules});
    };
    const std::string first = digest(two_batches, "c", TaskType::apply_config, "{}");
    const auto differences = [&](const std::string& other) {
        return plan_differences(first, other);
    };
    EXPECT_THAT(differences(first), ElementsAre());
    EXPECT_THAT(differences(digest(one_batch, "c", TaskType::apply_config, "{}")),
                ElementsAre("the nodes or their batches"));
    EXPECT_THAT(differences(digest(two_batches, "d", TaskType::apply_config, "{}")),
                ElementsAre("the content"));
    EXPECT_THAT(differences(digest(two_batches, "c", TaskType::run_job, "{}")),
                ElementsAre("the rules"));
    EXPECT_THAT(differences(digest(two_batches, "c", TaskType::apply_config, R"({"retries":1})")),
                ElementsAre("the rules"));
    EXPECT_THAT(differences(digest(one_batch, "", TaskType::reload, "not json")),
                ElementsAre("the nodes or their batches", "the content", "the rules"));
}

TEST(Content, is_known_by_what_is_in_it) {
    const auto files = read_content(R"({"files":[{"path":"a","content":"x"}]})");
    ASSERT_TRUE(files);
    EXPECT_TRUE(files->is_files);
    EXPECT_FALSE(files->is_empty);
    EXPECT_EQ(files->sha256, sha256_hex("a\n0644\n1\nx"));
    const auto job = read_content(R"({"job": "warm", "args": []})");
    ASSERT_TRUE(job);
    EXPECT_FALSE(job->is_files);
    EXPECT_FALSE(job->is_empty);
    EXPECT_EQ(job->sha256, sha256_hex(R"({"args":[],"job":"warm"})"));
    for (const char* nothing : {"{}", R"({"files":[]})"}) {
        EXPECT_TRUE(read_content(nothing)->is_files);
        EXPECT_TRUE(read_content(nothing)->is_empty);
    }
    for (const char* bad :
         {"", "[]", "7", R"({"files":7})", R"({"files":[],"job":"x"})", R"({"job":1,"job":2})"}) {
        EXPECT_FALSE(read_content(bad)) << bad;
    }
}

}  // namespace
}  // namespace edgeroll::release::wire
