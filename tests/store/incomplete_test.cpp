// Half-inserted releases (docs/contract.md section 3): they wait, say so, and fail when nothing
// more comes.
#include "samples.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class IncompleteTest : public StoreTest {
  protected:
    std::string status() { return text("SELECT status FROM release_tasks"); }
    std::string last_error() { return text("SELECT last_error FROM release_tasks"); }
    /// As if the rows had last grown then.
    void backdate() { sql("UPDATE release_tasks SET rows_seen_at = ?", {long_ago}); }
};

TEST_P(IncompleteTest, waits_and_says_what_is_missing) {
    const ReleaseId id = add_release(1, 2);
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(last_error(), "waiting for node rows: 0 of 2 are there");
    add_row(id, add_node("a", "10.0.0.1"));
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(last_error(), "waiting for node rows: 1 of 2 are there");
    EXPECT_EQ(status(), "pending");
    add_row(id, add_node("b", "10.0.0.2"));
    EXPECT_THAT(control().claimable(), ElementsAre(id.value));
    EXPECT_EQ(last_error(), "NULL") << "what it waited for is there";
    EXPECT_EQ(text("SELECT rows_seen FROM release_tasks"), "NULL");
}

TEST_P(IncompleteTest, takes_an_empty_batch_config_as_none) {
    const ReleaseId id = add_release(1, 0);
    for (const char* empty : {"", "  "}) {
        sql("UPDATE release_tasks SET batch_config = ?, status = 'pending', finished_at = NULL",
            {std::string(empty)});
        EXPECT_THAT(control().claimable(), IsEmpty());
        EXPECT_EQ(last_error(),
                  "waiting for node rows: there are none, and batch_config is an empty text");
        backdate();
        EXPECT_THAT(control().claimable(), IsEmpty());
        EXPECT_EQ(status(), "failed");
        EXPECT_EQ(last_error(),
                  "gave up waiting for node rows: there are none, and batch_config is an empty "
                  "text, and none was added for 60 s");
        sql("UPDATE release_tasks SET rows_seen = NULL, rows_seen_at = NULL, last_error = NULL");
    }
    sql("UPDATE release_tasks SET status = 'pending', batch_status = NULL, finished_at = NULL");
    add_row(id, add_node("a", "10.0.0.1"));
    EXPECT_THAT(control().claimable(), ElementsAre(id.value)) << "the rows say it all";
    const auto snapshot = control().read(control().claim(id).value());
    EXPECT_FALSE(snapshot->has_batch_config);
    EXPECT_THAT(snapshot->problems, IsEmpty());
}

TEST_P(IncompleteTest, fails_a_minute_after_the_rows_stopped_growing) {
    const ReleaseId id = add_release(1, 3);
    add_row(id, add_node("a", "10.0.0.1"));
    EXPECT_THAT(control().claimable(), IsEmpty());
    backdate();
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(status(), "failed");
    EXPECT_EQ(last_error(),
              "gave up waiting for node rows: 1 of 3 are there, and none was added for 60 s");
    EXPECT_NE(text("SELECT finished_at FROM release_tasks"), "NULL");
    EXPECT_EQ(text("SELECT status FROM release_task_nodes"), "skipped");
    EXPECT_THAT(history(id), ElementsAre("node_skipped", "release_failed"));
    expect_counters(id);
}

TEST_P(IncompleteTest, starts_the_minute_anew_when_a_row_comes) {
    const ReleaseId id = add_release(1, 3);
    EXPECT_THAT(control().claimable(), IsEmpty());
    backdate();
    add_row(id, add_node("a", "10.0.0.1"));
    for (int i = 0; i < 3; ++i)
        EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(status(), "pending");
}

TEST_P(IncompleteTest, is_not_fooled_by_rows_that_are_deleted) {
    const ReleaseId id = add_release(1, 3);
    add_row(id, add_node("a", "10.0.0.1"));
    add_row(id, add_node("b", "10.0.0.2"));
    EXPECT_THAT(control().claimable(), IsEmpty());
    backdate();
    sql("DELETE FROM release_task_nodes WHERE node_id = 2");
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(last_error(), "waiting for node rows: 1 of 3 are there");
    EXPECT_EQ(status(), "pending") << "this look only notes the number";
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(status(), "failed") << "nothing has grown for a minute";
}

TEST_P(IncompleteTest, never_fails_before_not_before) {
    add_release(1, 3);
    sql("UPDATE release_tasks SET not_before = ?", {far_ahead});
    EXPECT_THAT(control().claimable(), IsEmpty());
    backdate();
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(status(), "pending");
    sql("UPDATE release_tasks SET not_before = ?", {long_ago});
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(status(), "failed") << "the minute passed while it was not due";
}

TEST_P(IncompleteTest, waits_with_neither_rows_nor_batch_config) {
    add_release(1, 0);
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(last_error(), "waiting for node rows or a batch_config: there is neither");
    sql("UPDATE release_tasks SET batch_config = '{}'");
    EXPECT_THAT(control().claimable(), ElementsAre(1));
}

TEST_P(IncompleteTest, waits_for_the_rows_that_a_batch_config_came_with) {
    add_release(1, 2);
    sql("UPDATE release_tasks SET batch_config = '{}'");
    EXPECT_THAT(control().claimable(), IsEmpty());
}

TEST_P(IncompleteTest, leaves_one_that_was_paused_by_hand_alone) {
    add_release(1, 2);
    sql("UPDATE release_tasks SET status = 'paused'");
    EXPECT_THAT(control().claimable(), IsEmpty());
    backdate();
    for (int i = 0; i < 2; ++i)
        EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(status(), "paused");
}

TEST_P(IncompleteTest, can_be_stopped) {
    add_release(1, 2);
    sql("UPDATE release_tasks SET requested_action = 'stop'");
    EXPECT_THAT(control().claimable(), ElementsAre(1));
}

TEST_P(IncompleteTest, is_failed_once_by_two_processes) {
    const ReleaseId id = add_release(1, 2);
    Process other(url(), "control-2");
    EXPECT_THAT(control().claimable(), IsEmpty());
    backdate();
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_THAT(other.claimable(), IsEmpty());
    EXPECT_THAT(history(id), ElementsAre("release_failed"));
}

TEST_P(IncompleteTest, leaves_a_claimed_release_to_its_owner) {
    const ReleaseId id = add_release(1, 2);
    ASSERT_TRUE(control().claim(id));
    Process other(url(), "control-2");
    EXPECT_THAT(other.claimable(), IsEmpty());
    EXPECT_EQ(last_error(), "NULL");
}

TEST_P(IncompleteTest, goes_on_with_the_others_when_one_cannot_be_written) {
    add_release(1, 2);  // its note is the write that fails
    const ReleaseId waiting = add_release(2, 3);
    const ReleaseId good = add_release(3, 1);
    add_row(good, add_node("a", "10.0.0.1"));
    hand().run(is_mysql() ? "CREATE TRIGGER refuse BEFORE UPDATE ON release_tasks FOR EACH ROW "
                            "BEGIN IF OLD.version = 1 THEN SIGNAL SQLSTATE '45000' SET "
                            "MESSAGE_TEXT = 'refused'; END IF; END"
                          : "CREATE TRIGGER refuse BEFORE UPDATE ON release_tasks WHEN OLD.version "
                            "= 1 BEGIN SELECT RAISE(ABORT, 'refused'); END");
    EXPECT_THAT(control().claimable(), ElementsAre(good.value));
    EXPECT_EQ(text("SELECT last_error FROM release_tasks WHERE id = ?", {waiting.value}),
              "waiting for node rows: 0 of 3 are there");
    // With nothing else to do it is said.
    ASSERT_TRUE(control().claim(good));
    EXPECT_FALSE(control().await(control().store().claimable(8, 8)));
    hand().run("DROP TRIGGER refuse");
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(last_error(), "waiting for node rows: 0 of 2 are there");
}

EDGEROLL_ON_BOTH_DATABASES(IncompleteTest);

}  // namespace
}  // namespace edgeroll::control::testing
