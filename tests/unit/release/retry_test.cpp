#include "release/retry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

Error refusal(const Result<RetryPlan>& plan) {
    return plan ? Error{"it was planned", Outcome::permanent, code::ok} : plan.error();
}

using ::testing::HasSubstr;

std::vector<RetryRow> rows() {
    return {
        {NodeId{1}, "edge-1", 1, NodeStatus::success}, {NodeId{2}, "edge-2", 2, NodeStatus::failed},
        {NodeId{3}, "edge-3", 2, NodeStatus::skipped}, {NodeId{4}, "2", 3, NodeStatus::deferred},
        {NodeId{5}, "edge-5", 3, NodeStatus::failed},  {NodeId{6}, "", 3, NodeStatus::cancelled}};
}

std::vector<std::int64_t> ids(const Result<RetryPlan>& plan) {
    std::vector<std::int64_t> found;
    if (!plan) return found;
    for (const RetryRow& row : plan->taken)
        found.push_back(row.node.value);
    return found;
}

TEST(Retry, takes_what_did_not_succeed) {
    for (const ReleaseStatus status : {ReleaseStatus::failed, ReleaseStatus::cancelled}) {
        const auto plan = plan_retry(rows(), status, {});
        EXPECT_EQ(ids(plan), (std::vector<std::int64_t>{2, 3, 4, 5, 6}));
        EXPECT_EQ(plan->waived_failures, 0);
    }
}

TEST(Retry, takes_only_deferred_rows_of_a_success_and_waives_its_failures) {
    const auto plan = plan_retry(rows(), ReleaseStatus::success, {});
    EXPECT_EQ(ids(plan), (std::vector<std::int64_t>{4}));
    EXPECT_EQ(plan->waived_failures, 2);
}

TEST(Retry, takes_the_named_ones_and_waives_the_other_failures) {
    const auto plan =
        plan_retry(rows(), ReleaseStatus::failed, {NodeId{3}, std::string("edge-5"), NodeId{3}});
    EXPECT_EQ(ids(plan), (std::vector<std::int64_t>{3, 5}));
    EXPECT_EQ(plan->waived_failures, 1);
}

TEST(Retry, leaves_out_what_it_does_not_take_and_keeps_waivers) {
    const std::vector<RetryRow> all{{NodeId{1}, "", 1, NodeStatus::failed},
                                    {NodeId{2}, "", 1, NodeStatus::failed},
                                    {NodeId{3}, "", 2, NodeStatus::failed},
                                    {NodeId{4}, "", 2, NodeStatus::skipped}};
    // `continue` waived the first two; the third failure ended the release.
    auto plan = plan_retry(all, ReleaseStatus::failed, {NodeId{4}}, 2);
    EXPECT_EQ(plan->left_out, 1);
    EXPECT_EQ(plan->waived, (std::vector<NodeId>{NodeId{1}, NodeId{2}}));
    EXPECT_EQ(plan->waived_failures, 3) << "none of them counts against a limit of the retry";

    // The retry before left 2 and 3 alone, and an operator had waived 2.
    std::vector<RetryRow> marked = all;
    marked[1].is_set_aside = marked[2].is_set_aside = marked[1].is_waived = true;
    plan = plan_retry(marked, ReleaseStatus::failed, {NodeId{4}}, 2);
    EXPECT_EQ(plan->left_out, 2);
    EXPECT_EQ(plan->waived, (std::vector<NodeId>{NodeId{2}}));
    plan = plan_retry(marked, ReleaseStatus::failed, {}, 2);
    EXPECT_EQ(plan->left_out, 0);
    EXPECT_EQ(plan->taken.size(), 4U) << "the rest can be retried";
}

TEST(Retry, puts_away_rows_that_came_after_the_end) {
    std::vector<RetryRow> all = rows();
    all.push_back({NodeId{7}, "edge-7", 3, NodeStatus::pending});
    all.push_back({NodeId{8}, "edge-8", 0, NodeStatus::skipped});
    auto plan = plan_retry(all, ReleaseStatus::failed, {NodeId{3}});
    EXPECT_EQ(ids(plan), (std::vector<std::int64_t>{3})) << "and nobody else is sent anything";
    EXPECT_EQ(plan->late, (std::vector<NodeId>{NodeId{7}}));
    plan = plan_retry(all, ReleaseStatus::failed, {});
    EXPECT_EQ(ids(plan), (std::vector<std::int64_t>{2, 3, 4, 5, 6, 7})) << "no batch is 0";
    plan = plan_retry(all, ReleaseStatus::failed, {NodeId{8}});
    EXPECT_THAT(refusal(plan).message, HasSubstr("in batch 0: a batch must be at least 1"));
}

TEST(Retry, a_name_goes_before_an_id_in_digits) {
    EXPECT_EQ(ids(plan_retry(rows(), ReleaseStatus::failed, {std::string("2")})),
              (std::vector<std::int64_t>{4}));
    EXPECT_EQ(ids(plan_retry(rows(), ReleaseStatus::failed, {NodeId{2}})),
              (std::vector<std::int64_t>{2}));
    EXPECT_EQ(ids(plan_retry(rows(), ReleaseStatus::failed, {std::string("3")})),
              (std::vector<std::int64_t>{3}));
}

TEST(Retry, names_what_it_cannot_take) {
    auto plan = plan_retry(rows(), ReleaseStatus::failed, {std::string("edge-9")});
    EXPECT_EQ(refusal(plan).code, code::not_found);
    EXPECT_THAT(refusal(plan).message, HasSubstr("edge-9"));
    plan = plan_retry(rows(), ReleaseStatus::failed, {NodeId{1}});
    EXPECT_EQ(refusal(plan).code, code::wrong_state);
    EXPECT_THAT(refusal(plan).message, HasSubstr("edge-1 is success"));
    plan = plan_retry(rows(), ReleaseStatus::success, {NodeId{2}});
    EXPECT_THAT(refusal(plan).message, HasSubstr("edge-2 is failed"));
    plan = plan_retry({rows()[0]}, ReleaseStatus::failed, {});
    EXPECT_EQ(refusal(plan).code, code::wrong_state);
    auto still = rows();
    still[0].status = NodeStatus::running;
    plan = plan_retry(still, ReleaseStatus::failed, {});
    EXPECT_THAT(refusal(plan).message, HasSubstr("edge-1 still runs"));
}

}  // namespace
}  // namespace edgeroll::release
