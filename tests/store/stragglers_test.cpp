// Which nodes successful releases left behind, and what taking them up does.
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
        for (const Straggler& one : control().get(control().catch_up().stragglers(cursor, 10))) {
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
    EXPECT_TRUE(control().get(control().catch_up().take_up(id, {NodeId{2}})));
    EXPECT_EQ(field(id, "status"), "pending");
    EXPECT_EQ(field(id, "waived_failures"), "1");
    EXPECT_EQ(row_field(id, 2, "status"), "pending");
    EXPECT_EQ(row_field(id, 1, "status"), "success");
    EXPECT_EQ(text("SELECT actor FROM release_events WHERE kind = 'retry_requested'"), "edgeroll");
    EXPECT_FALSE(control().get(control().catch_up().take_up(id, {NodeId{2}}))) << "under way";
}

EDGEROLL_ON_BOTH_DATABASES(StragglerTest);

}  // namespace
}  // namespace edgeroll::control::testing
