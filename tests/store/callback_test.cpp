// Callbacks of finished releases: who is called, how often, and by which process.
#include <map>

#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class CallbackTest : public StoreTest {
  protected:
    /// A release with a callback, finished by edgeroll's own write.
    ReleaseId finished_release(std::int64_t version, const std::string& url) {
        const ReleaseId id = add_whole_release(version, {1});
        sql("UPDATE release_tasks SET callback_url = ? WHERE id = ?",
            {url.empty() ? Value{} : Value{url}, id.value});
        auto claim = control().claim(id);
        Commit finish;
        finish.release.status = ReleaseStatus::failed;
        finish.release.is_finished = true;
        finish.skip_pending = release::SkipPending{"test"};
        EXPECT_EQ(control().commit(*claim, finish), Committed::done);
        return id;
    }
    std::vector<Callback> due(int limit = 10) {
        auto calls = control().get(control().callbacks().due(limit));
        for (const Callback& call : calls)
            last_[call.release] = call;
        return calls;
    }
    /// Settles the release's last due call.
    void settle(ReleaseId id, CallbackOutcome outcome) {
        const auto settled =
            control().await(control().callbacks().settle(last_[id], outcome, "204"));
        EXPECT_TRUE(settled);
    }

  private:
    std::map<ReleaseId, Callback> last_;
};

TEST_P(CallbackTest, is_due_once_the_release_is_finished) {
    const ReleaseId open = add_whole_release(41, {1});
    sql("UPDATE release_tasks SET callback_url = 'https://example.net/' WHERE id = ?",
        {open.value});
    finished_release(42, "");
    const ReleaseId id = finished_release(43, "https://example.net/told");
    const auto calls = due();
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_EQ(calls[0].release, id);
    EXPECT_EQ(calls[0].url, "https://example.net/told");
    EXPECT_EQ(calls[0].tries, 1);
    EXPECT_FALSE(calls[0].is_last);
    EXPECT_THAT(calls[0].body, HasSubstr(R"("status":"failed")"));
    EXPECT_THAT(calls[0].body, HasSubstr(R"("version":43)"));
}

TEST_P(CallbackTest, is_due_for_an_end_that_was_written_by_hand) {
    const ReleaseId id = add_whole_release(42, {1});
    sql("UPDATE release_tasks SET callback_url = 'https://example.net/', status = 'cancelled'");
    auto claim = control().claim(id);
    ASSERT_TRUE(claim);
    const auto snapshot = control().read(*claim);
    ASSERT_TRUE(snapshot);
    EXPECT_FALSE(snapshot->is_ended);
    Commit finish;
    finish.expected_status = ReleaseStatus::cancelled;
    finish.release.is_finished = true;
    finish.skip_pending = release::SkipPending{"by hand"};
    EXPECT_EQ(control().commit(*claim, finish), Committed::done);

    EXPECT_THAT(history(id), Contains("release_cancelled"));
    const auto calls = due();
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_THAT(calls[0].body, HasSubstr(R"("status":"cancelled")"));
    EXPECT_TRUE(control().read(*claim)->is_ended);
}

TEST_P(CallbackTest, is_given_to_one_asker_and_comes_back_when_its_pause_is_over) {
    const ReleaseId id = finished_release(42, "https://example.net/");
    EXPECT_THAT(due(), SizeIs(1));
    EXPECT_THAT(due(), IsEmpty());
    sql("UPDATE release_tasks SET callback_at = '2020-01-01 00:00:00' WHERE id = ?", {id.value});
    const auto again = due();
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again[0].tries, 2);
}

TEST_P(CallbackTest, stays_due_after_a_failed_try_and_its_history_says_so) {
    const ReleaseId id = finished_release(42, "https://example.net/");
    ASSERT_THAT(due(), SizeIs(1));
    settle(id, CallbackOutcome::failed);
    EXPECT_THAT(history(id), Contains("callback_failed"));
    EXPECT_THAT(due(), IsEmpty()) << "not before its pause is over";
    sql("UPDATE release_tasks SET callback_at = '2020-01-01 00:00:00'");
    EXPECT_THAT(due(), SizeIs(1));
}

TEST_P(CallbackTest, of_a_retried_release_is_not_touched_by_the_end_before) {
    const ReleaseId id = finished_release(42, "https://example.net/");
    ASSERT_THAT(due(), SizeIs(1));
    sql("UPDATE release_tasks SET callback_state = NULL, callback_tries = 0");
    settle(id, CallbackOutcome::failed);
    EXPECT_THAT(history(id), Not(Contains("callback_failed")));
}

// The release was retried and ended again during the call for its first end, which is answered
// late.
TEST_P(CallbackTest, of_a_later_end_is_not_settled_by_the_call_of_an_earlier_one) {
    const ReleaseId id = finished_release(42, "https://example.net/");
    ASSERT_THAT(due(), SizeIs(1));
    sql("UPDATE release_tasks SET finished_at = '2026-01-02 03:04:05.678', callback_tries = 1");
    settle(id, CallbackOutcome::done);
    EXPECT_THAT(history(id), Not(Contains("callback_done")));
    EXPECT_EQ(text("SELECT callback_state FROM release_tasks"), "due");
}

TEST_P(CallbackTest, is_never_due_again_when_it_was_taken_or_given_up) {
    const ReleaseId taken = finished_release(42, "https://example.net/");
    const ReleaseId refused = finished_release(43, "https://example.net/");
    sql("UPDATE release_tasks SET callback_tries = 14 WHERE id = ?", {refused.value});
    for (const Callback& call : due())
        EXPECT_EQ(call.is_last, call.release == refused);
    settle(taken, CallbackOutcome::done);
    settle(refused, CallbackOutcome::given_up);
    sql("UPDATE release_tasks SET callback_at = '2020-01-01 00:00:00'");
    EXPECT_THAT(due(), IsEmpty());
    EXPECT_THAT(history(taken), Contains("callback_done"));
    EXPECT_THAT(history(refused), Contains("callback_given_up"));
}

TEST_P(CallbackTest, that_may_not_be_made_is_never_due_again_and_told_apart) {
    const ReleaseId id = finished_release(42, "https://example.net/");
    ASSERT_THAT(due(), SizeIs(1));
    settle(id, CallbackOutcome::refused);
    sql("UPDATE release_tasks SET callback_at = '2020-01-01 00:00:00'");
    EXPECT_THAT(due(), IsEmpty());
    EXPECT_THAT(history(id), Contains("callback_refused"));
    EXPECT_THAT(history(id), Not(Contains("callback_given_up")));
}

// Retried and finished again during the call: the new end must be reported.
TEST_P(CallbackTest, is_due_again_for_the_end_of_a_retry) {
    const ReleaseId id = finished_release(42, "https://example.net/");
    const auto first = due();
    ASSERT_THAT(first, SizeIs(1));
    sql("UPDATE release_tasks SET callback_state = 'due', callback_tries = 0, callback_at = NULL, "
        "finished_at = '2030-01-01 00:00:00.250' WHERE id = ?",
        {id.value});
    settle(id, CallbackOutcome::done);
    const auto second = due();
    ASSERT_THAT(second, SizeIs(1));
    EXPECT_NE(second[0].key, first[0].key) << "whoever drops repeated keys must not drop this";
    EXPECT_EQ(second[0].key, "release-" + std::to_string(id.value) + "-2030-01-01T00:00:00.250Z");
}

EDGEROLL_ON_BOTH_DATABASES(CallbackTest);

}  // namespace
}  // namespace edgeroll::control::testing
