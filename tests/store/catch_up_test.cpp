// Finds nodes that are behind, and retries them without harm to their release.
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CatchUpTest : public SteeringTest {
  protected:
    /// A success that left the nodes of its second and third batch behind.
    ReleaseId add_success() {
        const ReleaseId id = add_failed_release(7, 5, 'a');
        set(id, "status = 'success', batch_status = 'completed'");
        set_row(id, 2, "status = 'deferred', failure_kind = NULL");
        set_row(id, 3, "status = 'deferred', batch = 3");
        add_content(7, 'a');
        return id;
    }
    std::vector<std::int64_t> behind() {
        std::vector<std::int64_t> nodes;
        for (const Straggler& one :
             control().get(control().reconciliation().stragglers({}, 8)).nodes)
            nodes.push_back(one.node.value);
        return nodes;
    }
    bool take_up(ReleaseId id) { return !taken_up(id, {2, 3}).nodes.empty(); }
};

// Between two batches it would bake, ask its gate, or wait for an operator, and would block every
// later release on its nodes.
TEST_P(CatchUpTest, takes_up_the_nodes_of_one_batch_at_a_time) {
    const ReleaseId id = add_success();
    EXPECT_THAT(behind(), ElementsAre(2, 3));
    EXPECT_TRUE(take_up(id));
    EXPECT_EQ(row_field(id, 2, "status"), "pending");
    EXPECT_EQ(row_field(id, 3, "status"), "deferred");
    EXPECT_EQ(field(id, "waived_failures"), "1");
}

// While it waits for its window it would keep later releases waiting.
TEST_P(CatchUpTest, starts_nothing_outside_the_windows) {
    const ReleaseId id = add_success();
    const std::string hour = is_mysql() ? "DATE_FORMAT(NOW(3) + INTERVAL 5 HOUR, '%H')"
                                        : "strftime('%H', 'now', '+5 hours')";
    const std::string later = text("SELECT " + hour);
    set(id, R"(batch_config = '{"windows":[{"from":")" + later + R"(:00","to":")" + later +
                R"(:30","tz":"+00:00"}]}')");
    EXPECT_FALSE(take_up(id));
    EXPECT_EQ(field(id, "status"), "success");
    EXPECT_EQ(row_field(id, 2, "status"), "deferred");
}

// Such a node would fail the successful release.
TEST_P(CatchUpTest, leaves_nodes_whose_content_is_gone_or_another) {
    const ReleaseId id = add_success();
    sql("UPDATE config_versions SET sha256 = ? WHERE version = 7", {std::string(64, 'b')});
    EXPECT_THAT(behind(), IsEmpty());
    sql("DELETE FROM config_versions");
    EXPECT_THAT(behind(), IsEmpty());
    set(id, "content_sha256 = 'reload'");
    EXPECT_THAT(behind(), ElementsAre(2, 3));
}

TEST_P(CatchUpTest, finds_the_contents_that_the_rows_of_a_rollback_name) {
    const ReleaseId id = add_success();
    set(id, "content_sha256 = 'mixed', rolls_back = 99");
    set_row(id, 2, "config_version = 7");
    set_row(id, 3, "config_version = 5");
    EXPECT_THAT(behind(), ElementsAre(2));
}

EDGEROLL_ON_BOTH_DATABASES(CatchUpTest);

}  // namespace
}  // namespace edgeroll::control::testing
