// Half-inserted releases (docs/contract.md section 3): they wait, say so, and fail when no further
// row arrives.
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
    /// Moves the last growth of the rows into the past.
    void backdate() { sql("UPDATE release_tasks SET rows_seen_at = ?", {long_ago}); }
    /// The work of a process that may claim it: read, decide, write.
    Committed work_on(ReleaseId id) {
        const Claim claim = control().claim(id).value();
        return write(claim, control().read(claim).value());
    }
    Committed write(const Claim& claim, release::Snapshot snapshot) {
        release::Observed observed;
        observed.snapshot = std::move(snapshot);
        const release::Step done = release::step({}, release::Event{std::move(observed)}, {});
        return control().commit(claim, done.commit);
    }
    /// No row has arrived for a minute: it may be claimed, as resting, and is given up.
    void expect_given_up(ReleaseId id) {
        EXPECT_THAT(control().claimable(), ElementsAre(id.value));
        EXPECT_EQ(status(), "pending") << "looking decides nothing";
        EXPECT_EQ(work_on(id), Committed::done);
        EXPECT_EQ(status(), "failed");
        EXPECT_THAT(control().claimable(), IsEmpty());
    }
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
        sql("UPDATE release_tasks SET batch_config = ?, status = 'pending', batch_status = NULL, "
            "finished_at = NULL, lease_expires_at = NULL",
            {std::string(empty)});
        EXPECT_THAT(control().claimable(), IsEmpty());
        EXPECT_EQ(last_error(),
                  "waiting for node rows: there are none, and batch_config is an empty text");
        backdate();
        expect_given_up(id);
        EXPECT_EQ(last_error(),
                  "gave up waiting for node rows: there are none, and batch_config is an empty "
                  "text, and none was added for 60 s");
        sql("UPDATE release_tasks SET rows_seen = NULL, rows_seen_at = NULL, last_error = NULL");
    }
    sql("UPDATE release_tasks SET status = 'pending', batch_status = NULL, finished_at = NULL, "
        "lease_expires_at = NULL");
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
    sql("UPDATE release_tasks SET callback_url = 'http://127.0.0.1:1/'");
    backdate();
    expect_given_up(id);
    EXPECT_EQ(text("SELECT callback_state FROM release_tasks"), "due");
    EXPECT_EQ(last_error(),
              "gave up waiting for node rows: 1 of 3 are there, and none was added for 60 s");
    EXPECT_NE(text("SELECT finished_at FROM release_tasks"), "NULL");
    EXPECT_EQ(text("SELECT status FROM release_task_nodes"), "skipped");
    EXPECT_EQ(text("SELECT reason_kind FROM release_task_nodes"), "release_failed");
    EXPECT_THAT(history(id), ElementsAre("claimed", "node_skipped", "release_failed"));
    expect_counters(id);
}

TEST_P(IncompleteTest, goes_on_when_the_last_row_comes_while_it_is_given_up) {
    const ReleaseId id = add_release(1, 2);
    add_row(id, add_node("a", "10.0.0.1"));
    EXPECT_THAT(control().claimable(), IsEmpty());
    backdate();
    const Claim claim = control().claim(id).value();
    const auto snapshot = control().read(claim);
    ASSERT_TRUE(snapshot->rows_unchanged_for);
    add_row(id, add_node("b", "10.0.0.2"));
    EXPECT_EQ(write(claim, *snapshot), Committed::stale);
    EXPECT_EQ(status(), "pending");
    EXPECT_FALSE(control().read(claim)->rows_unchanged_for) << "another number than was noted";
}

TEST_P(IncompleteTest, is_given_up_without_a_place_and_behind_another_release) {
    const ReleaseId before = add_release(1, 1), id = add_release(2, 2);
    const std::int64_t node = add_node("a", "10.0.0.1");
    add_row(before, node);
    add_row(id, node);
    EXPECT_THAT(control().claimable(), ElementsAre(before.value));
    sql("UPDATE release_tasks SET rows_seen_at = ? WHERE id = 2", {long_ago});
    const auto found = control().get(control().store().claimable(0, 8));
    ASSERT_THAT(found, ::testing::SizeIs(1));
    EXPECT_EQ(found[0].release, id);
    EXPECT_TRUE(found[0].is_resting);
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
    expect_given_up(id);
}

TEST_P(IncompleteTest, never_fails_before_not_before) {
    const ReleaseId id = add_release(1, 3);
    sql("UPDATE release_tasks SET not_before = ?", {far_ahead});
    EXPECT_THAT(control().claimable(), IsEmpty());
    backdate();
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(status(), "pending");
    sql("UPDATE release_tasks SET not_before = ?", {long_ago});
    expect_given_up(id);  // the minute passed before it was due
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
    EXPECT_THAT(control().claimable(), ElementsAre(id.value));
    EXPECT_THAT(other.claimable(), ElementsAre(id.value));
    EXPECT_EQ(work_on(id), Committed::done);
    EXPECT_FALSE(other.claim(id));
    EXPECT_THAT(history(id), ElementsAre("claimed", "release_failed"));
}

TEST_P(IncompleteTest, leaves_a_claimed_release_to_its_owner) {
    const ReleaseId id = add_release(1, 2);
    ASSERT_TRUE(control().claim(id));
    Process other(url(), "control-2");
    EXPECT_THAT(other.claimable(), IsEmpty());
    EXPECT_EQ(last_error(), "NULL");
}

TEST_P(IncompleteTest, goes_on_with_the_others_when_one_cannot_be_written) {
    add_release(1, 2);  // the write of its note fails
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
    // Without other work the failure is reported.
    ASSERT_TRUE(control().claim(good));
    EXPECT_FALSE(control().await(control().store().claimable(8, 8)));
    hand().run("DROP TRIGGER refuse");
    EXPECT_THAT(control().claimable(), IsEmpty());
    EXPECT_EQ(last_error(), "waiting for node rows: 0 of 2 are there");
}

EDGEROLL_ON_BOTH_DATABASES(IncompleteTest);

}  // namespace
}  // namespace edgeroll::control::testing
