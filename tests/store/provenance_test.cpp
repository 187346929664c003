// Values in edgeroll's own columns that were not written by edgeroll.
#include "release/step.hpp"
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProvenanceTest : public SteeringTest {
  protected:
    release::Snapshot read(ReleaseId id) {
        sql("UPDATE release_tasks SET lease_expires_at = NULL WHERE id = ?", {id.value});
        return control().read(control().claim(id).value()).value();
    }
    /// Runs the core on the release.
    void run(ReleaseId id) {
        sql("UPDATE release_tasks SET lease_expires_at = NULL");
        const Claim claim = control().claim(id).value();
        release::Observed observed;
        observed.snapshot = control().read(claim).value();
        const release::Step done =
            release::step(release::Release{}, release::Event{observed}, release::Instant{});
        EXPECT_EQ(control().commit(claim, done.commit), Committed::done);
    }
    ReleaseView view(ReleaseId id) { return control().get(control().api().release(id)); }
    ReleaseId undone_by_edgeroll() {
        add_content(5, 'b');
        add_content(7, 'a');
        const ReleaseId id = add_failed_release(7, 5, 'a');
        const auto done = roll_back(id);
        EXPECT_TRUE(done);
        return done->created.id;
    }
};

TEST_P(ProvenanceTest, a_rollback_that_edgeroll_did_not_make_fails) {
    add_content(5, 'b');
    const ReleaseId undone = add_whole_release(6, {1});
    set(undone, "status = 'success', finished_at = created_at, content_sha256 = '" +
                    std::string(64, 'c') + "'");
    set_row(undone, 1, "status = 'success', attempt = 1, previous_config_version = 5");
    const ReleaseId id = add_release(7, 1);
    add_row(id, node_ids_[0]);
    set(id, "rolls_back = " + std::to_string(undone.value));
    set_row(id, node_ids_[0], "config_version = 5");
    EXPECT_FALSE(view(id).summary.rolls_back);
    EXPECT_FALSE(view(id).nodes.at(0).config_version);
    EXPECT_FALSE(view(undone).summary.rolled_back_by) << "it can still be undone";
    run(id);
    EXPECT_EQ(field(id, "status"), "failed");
    EXPECT_THAT(field(id, "last_error"), HasSubstr("rolls_back is edgeroll's own"));
    EXPECT_EQ(row_field(id, node_ids_[0], "status"), "skipped");
    EXPECT_TRUE(roll_back(undone));
}

TEST_P(ProvenanceTest, a_copy_of_a_rollback_is_none) {
    const ReleaseId made = undone_by_edgeroll();
    EXPECT_THAT(read(made).problems, ElementsAre(HasSubstr("does not have the sha256")))
        << "of the contents of this test only";
    EXPECT_TRUE(read(made).rolls_back);
    const std::string columns =
        "type, target, status, total_nodes, batch_config, plan_sha256, rolls_back, forced";
    sql("INSERT INTO release_tasks (version, " + columns + ") SELECT 99, " + columns +
            " FROM release_tasks WHERE id = ?",
        {made.value});
    const ReleaseId copy{number("SELECT MAX(id) FROM release_tasks")};
    sql("INSERT INTO release_task_nodes (release_task_id, node_id, batch, config_version) SELECT "
        "?, node_id, batch, config_version FROM release_task_nodes WHERE release_task_id = ?",
        {copy.value, made.value});
    EXPECT_THAT(read(copy).problems, Contains(HasSubstr("rolls_back is edgeroll's own")));
    EXPECT_FALSE(read(copy).rolls_back);
}

TEST_P(ProvenanceTest, a_rollback_stays_one_when_its_rows_are_deleted_or_retried) {
    const ReleaseId made = undone_by_edgeroll();
    sql("DELETE FROM release_task_nodes WHERE release_task_id = ? AND node_id = 1", {made.value});
    EXPECT_TRUE(read(made).rolls_back);
    set(made, "status = 'failed', finished_at = created_at, content_sha256 = 'mixed'");
    set_row(made, 2, "status = 'failed'");
    ASSERT_TRUE(retry(made));
    EXPECT_TRUE(read(made).rolls_back);
    EXPECT_TRUE(view(made).summary.rolls_back);
    EXPECT_EQ(view(made).nodes.at(0).config_version, Version{5});
}

TEST_P(ProvenanceTest, what_stands_under_the_version_of_a_rollback_is_nobodys_content) {
    const ReleaseId made = undone_by_edgeroll();
    sql("INSERT INTO config_versions (version, payload) SELECT version, ? FROM release_tasks WHERE "
        "id = ?",
        {R"({"files":[{"path":"a","content":"z"}]})", made.value});
    EXPECT_FALSE(read(made).content.is_present);
}

TEST_P(ProvenanceTest, a_mark_of_no_content_delivers_nothing_unseen) {
    const ReleaseId id = add_whole_release(7, {1});
    sql("INSERT INTO config_versions (version, payload) VALUES (7, ?)",
        {R"({"files":[{"path":"a","content":"x"}]})"});
    set(id, "content_sha256 = 'reload'");
    run(id);
    EXPECT_EQ(field(id, "status"), "failed");
    EXPECT_THAT(field(id, "last_error"), HasSubstr("but version 7 has content"));
}

TEST_P(ProvenanceTest, a_digest_that_the_content_does_not_have_fails) {
    const ReleaseId id = add_whole_release(7, {1});
    sql("INSERT INTO config_versions (version, payload) VALUES (7, ?)",
        {R"({"files":[{"path":"a","content":"x"}]})"});
    set(id, "content_sha256 = '" + std::string(64, 'c') + "'");
    run(id);
    EXPECT_EQ(field(id, "status"), "failed");
}

TEST_P(ProvenanceTest, a_plan_that_edgeroll_did_not_make_keeps_no_sizes) {
    const ReleaseId id = add_whole_release(7, {1, 1});
    set(id, R"(batch_config = '{"batch_size":1}', plan_sha256 = ')" + std::string(64, 'd') + "'");
    EXPECT_FALSE(read(id).is_planned);
    run(id);
    EXPECT_EQ(field(id, "status"), "failed");
    EXPECT_THAT(field(id, "last_error"), HasSubstr("the node rows give the batches"));
}

TEST_P(ProvenanceTest, failures_are_waived_by_edgeroll_only) {
    for (const char* column : {"waived_failures", "catches_up"}) {
        sql("DELETE FROM release_tasks");
        sql("DELETE FROM release_task_nodes");
        const ReleaseId id = add_release(7, 1);
        if (number("SELECT COUNT(*) FROM nodes") == 0) add_node("n1", "10.0.0.1");
        add_row(id, 1);
        set(id, std::string(column) + " = 1");
        const auto seen = read(id);
        EXPECT_THAT(seen.problems, ElementsAre(HasSubstr("edgeroll's own"))) << column;
        EXPECT_FALSE(seen.catches_up) << "its end would be called a success";
        EXPECT_EQ(seen.waived_failures, 0);
        sql("INSERT INTO release_events (release_task_id, kind) VALUES (?, 'retry_requested')",
            {id.value});
        EXPECT_THAT(read(id).problems, IsEmpty()) << column;
    }
}

TEST_P(ProvenanceTest, tells_whether_nodes_only_reload) {
    const ReleaseId id = add_whole_release(7, {1});
    EXPECT_TRUE(view(id).summary.is_reload_only) << "as it would be now";
    sql("INSERT INTO config_versions (version, payload) VALUES (7, '{\"files\":[]}')");
    EXPECT_FALSE(view(id).summary.is_reload_only);
    set(id, "content_sha256 = 'reload'");
    EXPECT_TRUE(view(id).summary.is_reload_only);
    set(id, "type = 'purge_cache'");
    EXPECT_FALSE(view(id).summary.is_reload_only);
    set(id, "type = 'reload', content_sha256 = NULL");
    EXPECT_TRUE(view(id).summary.is_reload_only);
}

TEST_P(ProvenanceTest, a_rollback_is_no_reload) {
    EXPECT_FALSE(view(undone_by_edgeroll()).summary.is_reload_only);
}

EDGEROLL_ON_BOTH_DATABASES(ProvenanceTest);

}  // namespace
}  // namespace edgeroll::control::testing
