// Any sequence of results, manual changes and restarts: the invariants hold after every step, and
// when all agents finally answer, the release ends.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "release/limits.hpp"
#include "tests/prop/expect_holds.hpp"
#include "tests/prop/running_rows.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using test::Desk;
using test::Rows;
using test::TaskRow;

// Checks the contract on the rows themselves, not on the core's view of them.
void require_truth(const Rows& rows, const Desk& desk) {
    RC_ASSERT(desk.violations.empty());
    RC_ASSERT(rows.header.success_nodes == rows.count(NodeStatus::success));
    RC_ASSERT(rows.header.failed_nodes == rows.count(NodeStatus::failed));
    if (!is_final(rows.header.status)) return;
    RC_ASSERT(rows.count(NodeStatus::pending) == 0);
    RC_ASSERT(rows.count(NodeStatus::running) == 0);
}

void act(Rows& rows, Desk& desk, int choice) {
    const std::vector<NodeId> ids = running(rows);
    const auto pick = [&] { return *rc::gen::elementOf(ids); };
    switch (choice) {
        case 0:
        case 1:
        case 2:
            if (!ids.empty()) desk.report(pick(), NodeStatus::success);
            return;
        case 3:
            if (!ids.empty()) {
                desk.report(pick(), NodeStatus::failed, FailureKind::timeout, "late");
            }
            return;
        case 4:
            desk.restart();
            return;
        case 5:
            if (!ids.empty()) rows.find(pick())->status = NodeStatus::failed;
            return;
        case 6:
            if (!is_final(rows.header.status)) rows.header.status = ReleaseStatus::paused;
            return;
        case 7:
            if (rows.header.status == ReleaseStatus::paused) {
                rows.header.status = ReleaseStatus::running;
            }
            return;
        case 8: {
            const auto action = *rc::gen::element(Action::pause, Action::resume, Action::stop);
            if (!is_final(rows.header.status) && rows.header.requested != Action::stop) {
                rows.header.requested = action;
            }
            return;
        }
        case 9:
            desk.observe();
            return;
        default:
            if (!ids.empty()) {
                const NodeId id = pick();
                desk.give(Event{Attempted{id, rows.find(id)->task_id}});
            }
            return;
    }
}

// All agents answer and no hold stops the release.
void settle(Rows& rows, Desk& desk) {
    for (int turn = 0; turn < 10'000 && !is_final(rows.header.status); ++turn) {
        if (rows.header.status == ReleaseStatus::paused) rows.header.requested = Action::resume;
        desk.observe();
        for (const NodeId id : running(rows))
            desk.report(id, NodeStatus::success);
    }
    RC_ASSERT(is_final(rows.header.status));
}

TEST(ReleaseProperty, keeps_the_invariants_and_ends_whatever_happens) {
    test::expect_holds("invariants", [] {
        const auto batches = *rc::gen::suchThat(
            rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 6)),
            [](const std::vector<int>& list) { return !list.empty() && list.size() <= 40; });
        Rows rows(batches);
        if (*rc::gen::arbitrary<bool>()) {
            rows.header.policy.limits.failure_threshold = *rc::gen::inRange(0, 5);
        }
        if (*rc::gen::arbitrary<bool>()) {
            rows.header.policy.limits.max_batch_fail_rate_percent = *rc::gen::inRange(0, 101);
        }
        Desk desk(rows);
        desk.state.rules.start_window = *rc::gen::inRange(1, 10);
        desk.observe();
        const auto choices = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 11));
        for (const int choice : choices) {
            act(rows, desk, choice);
            if (is_final(rows.header.status)) break;
            // Between a manual change and the next read the counters may lag (docs/contract.md
            // 4.6).
            desk.observe();
            require_truth(rows, desk);
        }
        settle(rows, desk);
        desk.observe();
        require_truth(rows, desk);
    });
}

TEST(ReleaseProperty, never_starts_a_batch_over_a_limit_or_an_unfinished_one) {
    test::expect_holds("order", [] {
        const auto batches = *rc::gen::suchThat(
            rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 5)),
            [](const std::vector<int>& list) { return !list.empty() && list.size() <= 30; });
        Rows rows(batches);
        rows.header.policy.limits.failure_threshold = *rc::gen::inRange(0, 3);
        Desk desk(rows);
        desk.observe();
        while (!is_final(rows.header.status)) {
            const auto ids = running(rows);
            RC_ASSERT(!ids.empty());
            const int batch = rows.find(ids.front())->batch;
            for (const TaskRow& row : rows.nodes) {
                if (row.batch < batch) RC_ASSERT(is_final(row.status));
                if (row.batch > batch) RC_ASSERT(row.status != NodeStatus::running);
            }
            const std::size_t before = desk.started.size();
            const bool is_over =
                rows.header.failed_nodes > *rows.header.policy.limits.failure_threshold;
            const NodeId id = *rc::gen::elementOf(ids);
            if (*rc::gen::inRange(0, 4) == 0) {
                desk.report(id, NodeStatus::failed, FailureKind::timeout, "late");
            } else {
                desk.report(id, NodeStatus::success);
            }
            if (is_over) RC_ASSERT(desk.started.size() == before);
        }
        require_truth(rows, desk);
    });
}

}  // namespace
}  // namespace edgeroll::release
