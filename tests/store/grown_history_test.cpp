// Queries that run every few seconds cost the same for any history: they must not read the rows of
// releases that ended long ago.
#include <map>

#include "control/store/rows/blockers.hpp"
#include "tests/store/meter.hpp"
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

constexpr int fleet = 50;

/// Must exist before the fixture makes its connections.
struct Counting {
    Counting() { count_sqlite(); }
};

class GrownHistory : private Counting, public SteeringTest {
  protected:
    void SetUp() override {
        hand_only("INSERT INTO nodes (name, main_ip, applied_version, applied_sha256) SELECT " +
                  named("n") + ", " + named("10.0.0.") + ", 1, 'old' FROM " + numbers(1, fleet));
        // Without any release, or only in old releases.
        hand_only("UPDATE nodes SET enabled = 0 WHERE id > 48");
    }
    [[nodiscard]] std::string numbers(int from, int to) const {
        const std::string first = std::to_string(from), last = std::to_string(to);
        if (is_mysql()) return "(SELECT seq AS n FROM seq_" + first + "_to_" + last + ") numbers";
        return "(WITH RECURSIVE c(n) AS (SELECT " + first +
               " UNION ALL SELECT n + 1 FROM c WHERE n < " + last + ") SELECT n FROM c) numbers";
    }
    /// The word followed by the number of `numbers`.
    [[nodiscard]] std::string named(const std::string& word) const {
        return is_mysql() ? "CONCAT('" + word + "', n)" : "'" + word + "' || n";
    }
    void hand_only(const std::string& statement) { hand().execute(statement); }

    /// Successful releases of those versions over all of the fleet but the last two nodes (the
    /// first release had one of them); one node was away each time.
    void grow(int from, int to) {
        const std::string old = "'2026-01-02 03:04:05.000'";
        hand_only("INSERT INTO config_versions (version, payload, sha256) SELECT n, '{}', " +
                  named("digest-") + " FROM " + numbers(from, to));
        hand_only(
            "INSERT INTO release_tasks (version, status, batch_status, total_nodes, "
            "current_batch, content_sha256, created_at, updated_at, started_at, finished_at, "
            "callback_state) SELECT n, 'success', 'completed', 50, 1, " +
            named("digest-") + ", " + old + ", " + old + ", " + old + ", " + old +
            ", 'done' FROM " + numbers(from, to));
        hand_only(
            "INSERT INTO release_task_nodes (release_task_id, node_id, status, created_at, "
            "updated_at, finished_at) SELECT t.id, n.id, CASE WHEN n.id = t.version % 40 + 1 "
            "THEN 'deferred' ELSE 'success' END, " +
            old + ", " + old + ", " + old +
            " FROM release_tasks t CROSS JOIN nodes n WHERE t.version BETWEEN " +
            std::to_string(from) + " AND " + std::to_string(to) +
            " AND (n.id <= 48 OR (n.id = 49 AND t.version = 1))");
        if (is_mysql())
            (void)hand().query("ANALYZE TABLE nodes, release_tasks, release_task_nodes");
    }
    /// Running and waiting releases, with versions above all others.
    void add_present() {
        for (const std::int64_t version : {100'001, 100'002, 100'003}) {
            const ReleaseId id = add_release(version, fleet);
            hand_only("INSERT INTO release_task_nodes (release_task_id, node_id, status) SELECT " +
                      std::to_string(id.value) + ", id, 'pending' FROM nodes");
        }
    }
    Cost cost(const std::function<void()>& work) {
        work();  // prepares statements and writes one-time marks
        return cost_of(hand(), work);
    }
    std::vector<Straggler> look() {
        return control().get(control().reconciliation().stragglers({}, 8)).nodes;
    }
    /// Repeats the look while it finds new rows to mark.
    void look_until_marked() {
        const std::string left =
            "SELECT COUNT(*) FROM release_tasks WHERE status = 'success' AND catch_up IS NULL";
        for (std::int64_t before = -1; number(left) != before;) {
            before = number(left);
            std::optional<Straggler> cursor;
            do {
                const Stragglers found =
                    control().get(control().reconciliation().stragglers(cursor, 8));
                cursor = found.nodes.empty() ? found.reached : found.nodes.back();
                if (!found.nodes.empty()) break;
            } while (cursor);
        }
    }

    /// The calls that are repeated all the time, by name.
    std::vector<std::pair<std::string, std::function<void()>>> calls() {
        return {{"claimable", [this] { (void)control().claimable(); }},
                {"marks", [this] { (void)control().get(control().store().marks()); }},
                {"callbacks", [this] { (void)control().get(control().callbacks().due(8)); }},
                {"catch up", [this] { (void)look(); }},
                {"owed", [this] { (void)control().get(control().reconciliation().owed({})); }},
                {"metrics", [this] { (void)control().get(control().api().gauges()); }},
                {"stats", [this] { (void)control().get(control().api().stats()); }},
                {"nodes", [this] { (void)control().get(control().api().nodes()); }},
                {"ready", [this] { (void)control().get(control().api().ping()); }},
                {"blockers",
                 [this] { (void)find_blockers(hand(), ReleaseId{present_}, Version{100'003}); }},
                {"payload", [this] {
                     (void)control().get(
                         control().store().payload(Version{7}, release::TaskType::apply_config));
                 }}};
    }
    std::int64_t present_ = 0;
};

TEST_P(GrownHistory, costs_no_row_of_what_ended_long_ago) {
    constexpr int before = 50, after = 250;
    std::map<std::string, Cost> first, then;
    grow(1, before);
    add_present();
    present_ = number("SELECT id FROM release_tasks WHERE version = 100003");
    look_until_marked();
    for (const auto& [name, call] : calls())
        first[name] = cost(call);
    grow(before + 1, after);
    look_until_marked();
    for (const auto& [name, call] : calls())
        then[name] = cost(call);
    // A read of each release's own row is allowed, a read of its fifty node rows is not.
    const std::int64_t allowed = (after - before) * (is_mysql() ? 4 : 40);
    for (const auto& [name, cost] : first) {
        RecordProperty(name,
                       std::to_string(cost.reads) + " then " + std::to_string(then[name].reads));
        EXPECT_LE(then[name].reads, cost.reads + allowed) << name << " read " << cost.reads;
        EXPECT_LE(then[name].statements, cost.statements + 2) << name;
    }
}

// For nodes without a recent release the whole history would be read.
TEST_P(GrownHistory, knows_what_nodes_of_old_should_have) {
    grow(1, 60);
    const auto nodes = control().get(control().api().nodes());
    EXPECT_EQ(nodes.at(0).wanted_version, Version{60});
    EXPECT_EQ(nodes.at(48).wanted_version, Version{1});
    EXPECT_FALSE(nodes.at(49).wanted_version);
}

// With 3,000 releases of 500 nodes, 1 % of them away, a look never finished within the time limit.
TEST_P(GrownHistory, marks_what_later_releases_took_over) {
    grow(1, 120);
    look_until_marked();
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks WHERE catch_up IS NULL"), 1)
        << "the newest, whose own node is still away";
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes WHERE superseded_by IS NOT NULL"),
              119);
    const auto found = look();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].node.value, 120 % 40 + 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks WHERE updated_at > finished_at"), 0)
        << "a mark is no change";
    // Marked rows are not read again.
    EXPECT_LE(cost([this] { (void)look(); }).statements, 12);
}

EDGEROLL_ON_BOTH_DATABASES(GrownHistory);

}  // namespace
}  // namespace edgeroll::control::testing
