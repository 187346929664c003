// Words written by people with a trailing blank: MySQL takes them for the word, the program does
// not. Both must treat them alike, or a release is read for ever.
#include "release/step.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::HasSubstr;

class OddWordsTest : public StoreTest {
  protected:
    /// Reads and commits the core's decisions, like a runner, until the core lets the release go.
    void run_to_the_end(const Claim& claim) {
        for (int turn = 0; turn < 10; ++turn) {
            const auto snapshot = control().read(claim);
            ASSERT_TRUE(snapshot);
            release::Observed observed;
            observed.snapshot = *snapshot;
            const release::Step done =
                release::step(release::Release{}, release::Event{observed}, release::Instant{});
            if (!done.commit.is_empty()) {
                ASSERT_EQ(control().commit(claim, done.commit), Committed::done);
            }
            for (const release::Effect& effect : done.after_commit) {
                if (std::holds_alternative<release::LetGo>(effect)) return;
            }
        }
        FAIL() << "it is read for ever";
    }
    void expect_failed_over(const std::string& words, int skipped) {
        EXPECT_EQ(text("SELECT status FROM release_tasks"), "failed");
        EXPECT_THAT(text("SELECT last_error FROM release_tasks"), HasSubstr(words));
        EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes WHERE status = 'skipped' AND "
                         "LENGTH(status) = 7"),
                  skipped);
        expect_counters(ReleaseId{number("SELECT id FROM release_tasks")});
    }
};

TEST_P(OddWordsTest, fails_a_release_whose_row_has_a_word_with_a_blank_behind_it) {
    for (const std::string word : {"running ", "success ", "skipped  "}) {
        SCOPED_TRACE(word);
        sql("DELETE FROM release_task_nodes");
        sql("DELETE FROM release_tasks");
        const ReleaseId id = add_whole_release(1, {1, 1});
        const auto claim = control().claim(id);
        ASSERT_TRUE(claim);
        sql("UPDATE release_task_nodes SET status = ? WHERE batch = 1", {word});
        run_to_the_end(*claim);
        expect_failed_over("status '" + word + "' is not known", 2);
    }
}

TEST_P(OddWordsTest, fails_a_release_whose_own_status_has_a_blank_behind_it) {
    const auto claim = control().claim(add_whole_release(1, {1}));
    ASSERT_TRUE(claim);
    sql("UPDATE release_tasks SET status = 'pending '");
    run_to_the_end(*claim);
    expect_failed_over("status 'pending ' is not known", 1);
}

TEST_P(OddWordsTest, clears_an_action_with_a_blank_behind_it_and_goes_on) {
    const auto claim = control().claim(add_whole_release(1, {1}));
    ASSERT_TRUE(claim);
    const auto before = control().read(*claim);
    ASSERT_TRUE(before);
    release::Observed observed;
    observed.snapshot = *before;
    const release::Step done =
        release::step(release::Release{}, release::Event{observed}, release::Instant{});
    sql("UPDATE release_tasks SET requested_action = 'pause '");
    EXPECT_EQ(control().commit(*claim, done.commit), Committed::done)
        << "an unknown word counts as no action";
    ASSERT_TRUE(control().read(*claim));
    EXPECT_EQ(text("SELECT requested_action FROM release_tasks"), "NULL");
}

EDGEROLL_ON_BOTH_DATABASES(OddWordsTest);

}  // namespace
}  // namespace edgeroll::control::testing
