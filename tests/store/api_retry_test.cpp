// Retrying nodes of a finished release.
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ApiRetryTest : public SteeringTest {};

TEST_P(ApiRetryTest, takes_up_what_did_not_succeed_and_can_be_claimed) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    set(id,
        "paused_ms = 900, hold = 'failure', batch_work_start_ms = 5, waived_failures = 3, "
        "callback_state = 'sent', callback_tries = 2, rows_seen = 1, rows_seen_at = "
        "created_at");
    const auto retried = retry(id);
    ASSERT_TRUE(retried) << retried.error().message;
    ASSERT_THAT(retried->nodes, SizeIs(2));
    EXPECT_EQ(retried->nodes[0].name, "n2");
    EXPECT_EQ(retried->nodes[1].batch, 2);
    EXPECT_EQ(retried->view.summary.status, ReleaseStatus::pending);
    EXPECT_EQ(field(id, "status"), "pending");
    for (const char* column :
         {"batch_status", "started_at", "finished_at", "last_error", "requested_action", "hold",
          "hold_until", "paused_at", "lease_expires_at", "callback_state", "callback_at",
          "rows_seen", "rows_seen_at"}) {
        EXPECT_EQ(field(id, column), "NULL") << column;
    }
    for (const char* column : {"current_batch", "paused_ms", "batch_work_start_ms",
                               "waived_failures", "failed_nodes", "callback_tries"}) {
        EXPECT_EQ(field(id, column), "0") << column;
    }
    EXPECT_EQ(field(id, "content_sha256"), std::string(64, 'a')) << "fixed once";
    EXPECT_EQ(field(id, "steer_seq"), "1");
    EXPECT_EQ(row_field(id, 2, "status"), "pending");
    EXPECT_EQ(row_field(id, 2, "attempt"), "2");
    EXPECT_EQ(row_field(id, 2, "attempts_before"), "2");
    EXPECT_EQ(row_field(id, 2, "progress"), "0");
    for (const char* column : {"error_msg", "failure_kind", "started_at", "finished_at"})
        EXPECT_EQ(row_field(id, 2, column), "NULL") << column;
    EXPECT_EQ(row_field(id, 1, "status"), "success");
    EXPECT_EQ(row_field(id, 3, "status"), "pending");
    expect_counters(id);
    EXPECT_THAT(history(id),
                ElementsAre("retry_requested", "node_pending", "node_pending", "release_pending"));
    EXPECT_EQ(detail(id, "retry_requested"), R"({"nodes":"2","reason":"mended"})");
    EXPECT_THAT(control().claimable(), ElementsAre(id.value));
    EXPECT_THAT(refusal(retry(id)).message, HasSubstr("pending"));
}

TEST_P(ApiRetryTest, takes_the_named_ones_and_waives_the_rest) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    const auto retried = retry(id, {std::string("n3")});
    ASSERT_TRUE(retried) << retried.error().message;
    EXPECT_EQ(row_field(id, 2, "status"), "failed");
    EXPECT_EQ(row_field(id, 2, "attempt"), "2");
    EXPECT_EQ(row_field(id, 2, "attempts_before"), "3") << "left alone by the retry";
    EXPECT_EQ(row_field(id, 3, "status"), "pending");
    EXPECT_EQ(field(id, "waived_failures"), "1");
    EXPECT_EQ(field(id, "failed_nodes"), "1");
}

TEST_P(ApiRetryTest, says_how_many_failed_nodes_it_leaves_out) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    ASSERT_TRUE(retry(id, {std::string("n3")}));
    EXPECT_THAT(detail(id, "retry_requested"), HasSubstr(R"("left_out":"1")"));
    EXPECT_EQ(row_field(id, 2, "waived"), "NULL");
    EXPECT_EQ(field(id, "started_batch"), "NULL");
    EXPECT_EQ(field(id, "started_batch_epoch"), "NULL");
}

TEST_P(ApiRetryTest, keeps_a_failure_waived_that_an_operator_has_waived) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    set(id, "waived_failures = 1");
    ASSERT_TRUE(retry(id, {std::string("n3")}));
    EXPECT_EQ(row_field(id, 2, "waived"), "1");
    EXPECT_THAT(detail(id, "retry_requested"), HasSubstr(R"("waived_failures":"1")"));
    EXPECT_EQ(detail(id, "retry_requested").find("left_out"), std::string::npos);
    set(id, "status = 'failed', finished_at = created_at");
    set_row(id, 3, "status = 'failed'");
    ASSERT_TRUE(retry(id, {std::string("n3")}));
    EXPECT_EQ(row_field(id, 2, "waived"), "1") << "also by the next retry";
    set(id, "status = 'failed', finished_at = created_at");
    set_row(id, 3, "status = 'failed'");
    ASSERT_TRUE(retry(id));
    EXPECT_EQ(row_field(id, 2, "waived"), "NULL") << "it is tried again";
}

TEST_P(ApiRetryTest, runs_no_row_that_came_after_the_end_beside_the_named_ones) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    set_row(id, 2, "status = 'pending'");
    ASSERT_TRUE(retry(id, {std::string("n3")}));
    EXPECT_EQ(row_field(id, 2, "status"), "skipped");
    EXPECT_EQ(row_field(id, 2, "error_msg"), "added after the release was started");
}

TEST_P(ApiRetryTest, writes_nothing_when_it_is_refused) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    EXPECT_EQ(refusal(retry(ReleaseId{99})).code, code::not_found);
    EXPECT_EQ(refusal(retry(id, {std::string("n9")})).code, code::not_found);
    EXPECT_EQ(refusal(retry(id, {NodeId{2}, NodeId{1}})).code, code::wrong_state);
    sql("INSERT INTO banned_contents (sha256) VALUES (?)", {std::string(64, 'a')});
    EXPECT_THAT(refusal(retry(id)).message, HasSubstr("banned"));
    EXPECT_EQ(row_field(id, 2, "status"), "failed");
    EXPECT_EQ(field(id, "write_seq"), "0");
    set(id, "forced = 1");
    EXPECT_TRUE(retry(id));
}

TEST_P(ApiRetryTest, waits_for_no_later_release_on_the_same_nodes) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    const ReleaseId later = add_release(8, 1);
    add_row(later, 3);
    const auto refused = retry(id);
    EXPECT_EQ(refusal(refused).code, code::wrong_state);
    EXPECT_THAT(refusal(refused).message, HasSubstr("later version 8"));
    set(later, "status = 'cancelled'");
    EXPECT_TRUE(retry(id));
}

TEST_P(ApiRetryTest, waits_until_an_end_written_by_hand_is_recorded) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    set(id, "finished_at = NULL");
    set_row(id, 3, "status = 'pending'");
    EXPECT_THAT(refusal(retry(id)).message, HasSubstr("its end is not recorded yet"));
    set_row(id, 3, "status = 'skipped'");
    EXPECT_TRUE(retry(id));
}

TEST_P(ApiRetryTest, counts_the_rows_that_are_there) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    sql("DELETE FROM release_task_nodes WHERE release_task_id = ? AND node_id = 3", {id.value});
    ASSERT_TRUE(retry(id));
    EXPECT_EQ(field(id, "total_nodes"), "2");
    EXPECT_THAT(control().claimable(), ElementsAre(id.value)) << "it does not wait for the row";
}

TEST_P(ApiRetryTest, takes_the_deferred_nodes_of_a_success) {
    const ReleaseId id = add_failed_release(7, 5, 'a');
    set(id, "status = 'success', batch_status = 'completed'");
    EXPECT_THAT(refusal(retry(id)).message, HasSubstr("no deferred"));
    set_row(id, 3, "status = 'deferred'");
    ASSERT_TRUE(retry(id));
    EXPECT_EQ(row_field(id, 3, "status"), "pending");
    EXPECT_EQ(row_field(id, 2, "status"), "failed") << "it was tolerated";
    EXPECT_EQ(field(id, "waived_failures"), "1");
}

EDGEROLL_ON_BOTH_DATABASES(ApiRetryTest);

}  // namespace
}  // namespace edgeroll::control::testing
