// The cost of a report: the core is compiled here with a call at every branch
// (-fsanitize-coverage=trace-pc), so that work is counted instead of timed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace {
std::uint64_t branches = 0;
}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {  // NOLINT(bugprone-reserved-identifier)
    ++branches;
}

namespace edgeroll::release {
namespace {

using test::Rows;

/// Branches taken by each of the reports, one step each, starting with a read of `rows`.
class Costs {
  public:
    explicit Costs(Rows rows) : rows_(std::move(rows)) {
        Observed observed;
        observed.snapshot = rows_.read();
        give(Event{std::move(observed)});
    }
    std::uint64_t report(std::int64_t id, NodeStatus status) {
        const auto position = find_node(state_, NodeId{id});
        Reported reported;
        reported.node = NodeId{id};
        reported.task_id = state_.nodes.at(position.value()).row.task_id;
        reported.verdict.status = status;
        if (status == NodeStatus::failed) reported.verdict.failure = FailureKind::exec_failed;
        const std::uint64_t before = branches;
        give(Event{std::move(reported)});
        EXPECT_GT(branches, before) << "the core is not counted";
        return branches - before;
    }

  private:
    void give(const Event& event) {
        Step done = step(std::move(state_), event, rows_.now);
        EXPECT_FALSE(check(done));
        state_ = std::move(done.next);
    }
    Rows rows_;
    Release state_;
};

/// Half of the nodes have failed and were waived, in batches of `size`; the next batch runs.
Rows half_done(int nodes, int size) {
    std::vector<int> batches;
    for (int i = 0; i < nodes; ++i)
        batches.push_back(1 + i / size);
    Rows rows(batches);
    for (int i = 0; i < nodes / 2; ++i) {
        rows.nodes[static_cast<std::size_t>(i)].status = NodeStatus::failed;
        rows.nodes[static_cast<std::size_t>(i)].attempt = 1;
    }
    rows.header.waived_failures = nodes / 2;
    rows.header.policy.limits.max_batch_fail_rate_percent = 100;
    return rows;
}

constexpr int few = 200, many = 20'000;

void expect_flat(std::uint64_t small, std::uint64_t large) {
    EXPECT_LT(large, small * 3) << "a hundred times as many nodes";
}

TEST(Cost, of_a_failure_among_many_waived_ones_is_logarithmic) {
    const auto cost = [](int nodes) {
        Costs costs(half_done(nodes, nodes));
        return costs.report(nodes / 2 + 1, NodeStatus::failed);
    };
    expect_flat(cost(few), cost(many));
}

TEST(Cost, of_a_success_behind_many_batches_is_logarithmic) {
    const auto cost = [](int nodes) {
        Costs costs(half_done(nodes, 1));
        return costs.report(nodes / 2 + 1, NodeStatus::success);
    };
    expect_flat(cost(few), cost(many));
}

// One failure exceeds the limit, and the release waits for the other running nodes.
TEST(Cost, of_a_report_while_a_limit_is_exceeded_is_logarithmic) {
    const auto cost = [](int nodes) {
        Rows rows = half_done(nodes, nodes);
        rows.header.policy.limits.failure_threshold = 0;
        Costs costs(std::move(rows));
        (void)costs.report(nodes / 2 + 1, NodeStatus::failed);
        return costs.report(nodes / 2 + 2, NodeStatus::failed);
    };
    expect_flat(cost(few), cost(many));
}

// The cost of reading one batch among many is the cost of that batch alone.
TEST(Cost, of_reading_the_next_batch_is_that_of_the_batch) {
    const auto cost = [](int nodes) {
        Rows rows = half_done(nodes, 1);
        Release state;
        Observed all;
        all.snapshot = rows.read();
        Step first = step(std::move(state), Event{std::move(all)}, rows.now);
        EXPECT_TRUE(rows.apply(first.commit));
        const int next = nodes / 2 + 2;
        Observed part;
        part.snapshot = rows.read(next);
        const std::uint64_t before = branches;
        Step second = step(std::move(first.next), Event{std::move(part)}, rows.now);
        return branches - before;
    };
    expect_flat(cost(few), cost(many));
}

}  // namespace
}  // namespace edgeroll::release
