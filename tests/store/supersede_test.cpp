// Earlier releases that a new release supersedes, and the cost of finding them.
#include "control/store/api/supersede.hpp"

#include "tests/store/overheard.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::PlannedNode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SupersedeTest : public StoreTest {
  protected:
    std::vector<ReleaseId> superseded(const std::vector<PlannedNode>& plan) {
        return find_superseded(connection_, Version{9}, plan);
    }
    Overheard connection_{hand()};
};

TEST_P(SupersedeTest, finds_earlier_unfinished_releases_that_share_a_node) {
    const ReleaseId first = add_whole_release(1, {2});
    const std::vector<std::int64_t> nodes = node_ids_;
    const ReleaseId second = add_release(2, 1);
    add_row(second, nodes[1]);
    const ReleaseId later = add_release(10, 1);
    add_row(later, nodes[0]);
    EXPECT_THAT(superseded({{NodeId{nodes[0]}, 1}}), ElementsAre(first));
    EXPECT_THAT(superseded({{NodeId{nodes[1]}, 1}, {NodeId{nodes[0]}, 2}}),
                ElementsAre(first, second));
    sql("UPDATE release_tasks SET requested_action = 'stop' WHERE id = ?", {first.value});
    EXPECT_THAT(superseded({{NodeId{nodes[0]}, 1}}), IsEmpty());
}

// The search runs in the transaction that creates the release: it must not read rows of other
// releases.
TEST_P(SupersedeTest, reads_no_rows_of_large_releases) {
    const ReleaseId large = add_whole_release(1, std::vector<int>(3, 100));
    const std::int64_t other = add_node("other", "10.1.0.1");
    EXPECT_THAT(superseded({{NodeId{node_ids_[0]}, 1}}), ElementsAre(large));
    EXPECT_LE(connection_.rows_returned, 2U);
    EXPECT_THAT(superseded({{NodeId{other}, 1}}), IsEmpty());
    EXPECT_LE(connection_.rows_returned, 3U);
    EXPECT_EQ(connection_.queries.size(), 4U);
}

EDGEROLL_ON_BOTH_DATABASES(SupersedeTest);

}  // namespace
}  // namespace edgeroll::control::testing
