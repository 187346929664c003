// Nodes that successful releases left behind, and catching up.
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StragglerTest : public SteeringTest {
  protected:
    /// Three nodes; the second was away.
    ReleaseId add_release_with_straggler(std::int64_t version) {
        add_content(version, 'a');
        const ReleaseId id = add_failed_release(version, version - 1, 'a');
        set(id,
            "status = 'success', batch_status = 'completed', failed_nodes = 0, last_error = NULL");
        set_row(id, 2, "status = 'deferred', failure_kind = NULL");
        set_row(id, 3, "status = 'success', attempt = 1");
        return id;
    }
    std::vector<std::int64_t> stragglers(std::optional<Straggler> cursor = std::nullopt) {
        std::vector<std::int64_t> nodes;
        for (const Straggler& one :
             control().get(control().reconciliation().stragglers(cursor, 10)).nodes) {
            nodes.push_back(one.node.value);
        }
        return nodes;
    }
};

TEST_P(StragglerTest, names_the_nodes_that_a_success_left_behind) {
    const ReleaseId id = add_release_with_straggler(42);
    EXPECT_THAT(stragglers(), ElementsAre(2));
    Straggler last;
    last.release = id;
    last.node = NodeId{2};
    EXPECT_THAT(stragglers(last), ElementsAre(2)) << "begins again at the first";
    sql("UPDATE nodes SET status = 'maintenance' WHERE id = 2");
    EXPECT_THAT(stragglers(), IsEmpty());
    sql("UPDATE nodes SET status = 'offline' WHERE id = 2");
    EXPECT_THAT(stragglers(), ElementsAre(2)) << "whoever says offline may be wrong";
    set(id, "status = 'failed'");
    EXPECT_THAT(stragglers(), IsEmpty());
}

TEST_P(StragglerTest, leaves_a_node_to_a_later_release_that_was_meant_for_it) {
    add_release_with_straggler(42);
    const ReleaseId later = add_release(43, 1);
    add_row(later, 2);
    EXPECT_THAT(stragglers(), IsEmpty());
    set_row(later, 2, "status = 'skipped'");
    EXPECT_THAT(stragglers(), ElementsAre(2));
}

TEST_P(StragglerTest, takes_a_node_up_as_a_retry_whose_failure_is_tolerated) {
    const ReleaseId id = add_release_with_straggler(42);
    EXPECT_FALSE(taken_up(id, {2}).nodes.empty());
    EXPECT_EQ(field(id, "status"), "pending");
    EXPECT_EQ(field(id, "waived_failures"), "1");
    EXPECT_EQ(row_field(id, 2, "status"), "pending");
    EXPECT_EQ(row_field(id, 1, "status"), "success");
    EXPECT_EQ(text("SELECT actor FROM release_events WHERE kind = 'retry_requested'"), "edgeroll");
    EXPECT_TRUE(taken_up(id, {2}).nodes.empty()) << "under way";
}

// A node superseded by a finished release stays superseded, also when that release's rows are
// deleted: the older content must not return.
TEST_P(StragglerTest, is_never_behind_again_once_a_later_release_has_ended) {
    const ReleaseId id = add_release_with_straggler(42);
    const ReleaseId later = add_release(43, 1);
    add_row(later, 2);
    set_row(later, 2, "status = 'failed'");
    set(later, "status = 'failed', finished_at = created_at");
    EXPECT_THAT(stragglers(), IsEmpty());
    EXPECT_EQ(row_field(id, 2, "superseded_by"), std::to_string(later.value));
    sql("DELETE FROM release_task_nodes WHERE release_task_id = ?", {later.value});
    sql("DELETE FROM release_tasks WHERE id = ?", {later.value});
    EXPECT_THAT(stragglers(), IsEmpty());
    EXPECT_EQ(field(id, "catch_up"), "none");
}

TEST_P(StragglerTest, forgets_what_it_marked_when_the_release_is_retried) {
    const ReleaseId id = add_release_with_straggler(42);
    set_row(id, 2, "superseded_by = 99");
    set(id, "catch_up = 'none'");
    EXPECT_THAT(stragglers(), IsEmpty());
    RetryRequest request;
    request.id = id;
    request.actor = "ann";
    request.nodes.emplace_back(NodeId{2});
    (void)control().get(control().api().retry(request));
    EXPECT_EQ(field(id, "catch_up"), "NULL");
    EXPECT_EQ(row_field(id, 2, "superseded_by"), "NULL");
    set_row(id, 2, "status = 'deferred'");
    set(id, "status = 'success', finished_at = created_at");
    EXPECT_THAT(stragglers(), ElementsAre(2));
}

// Versions need not follow the order of creation.
TEST_P(StragglerTest, leaves_a_node_to_a_later_version_that_was_made_before) {
    const ReleaseId waiting = add_release(43, 1);
    const ReleaseId id = add_release_with_straggler(42);
    add_row(waiting, 2);
    EXPECT_THAT(stragglers(), IsEmpty());
    set_row(waiting, 2, "status = 'deferred'");
    set(waiting, "status = 'success', finished_at = created_at, content_sha256 = 'reload'");
    std::vector<Straggler> found =
        control().get(control().reconciliation().stragglers({}, 8)).nodes;
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].release, waiting);
    EXPECT_NE(found[0].release, id);
}

// More nodes than one look takes: none is skipped.
TEST_P(StragglerTest, gets_past_many_that_wait_for_a_release_under_way) {
    Transaction transaction(hand(), Transaction::Kind::write);
    for (int i = 1; i <= 2600; ++i)
        node_ids_.push_back(add_node("m" + std::to_string(i), "10.1.0.1"));
    const auto add_success = [&](std::int64_t version, std::size_t from, std::size_t to) {
        const ReleaseId id = add_release(version, 1);
        for (std::size_t i = from; i < to; ++i)
            add_row(id, node_ids_[i]);
        set(id, "status = 'success', content_sha256 = 'reload', finished_at = created_at");
        sql("UPDATE release_task_nodes SET status = 'deferred' WHERE release_task_id = ?",
            {id.value});
        return id;
    };
    add_success(1, 0, 2599);
    add_success(2, 2599, 2600);
    const ReleaseId under_way = add_release(3, 2599);
    for (std::size_t i = 0; i < 2599; ++i)
        add_row(under_way, node_ids_[i]);
    transaction.commit();
    const Stragglers first = control().get(control().reconciliation().stragglers({}, 8));
    EXPECT_THAT(first.nodes, IsEmpty());
    ASSERT_TRUE(first.reached);
    EXPECT_THAT(stragglers(first.reached), ElementsAre(node_ids_.back()));
}

EDGEROLL_ON_BOTH_DATABASES(StragglerTest);

}  // namespace
}  // namespace edgeroll::control::testing
