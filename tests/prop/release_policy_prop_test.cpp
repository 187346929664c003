// Any policy and any sequence of answers, operators, clocks and restarts: running nodes stay within
// the limits, no node waits beside a free place, and once all agents answer the release ends.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

#include "release/limits.hpp"
#include "release/step/probation.hpp"
#include "tests/prop/running_rows.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::Desk;
using test::Rows;
using test::TaskRow;

int some(int least, int most) {
    return *rc::gen::inRange(least, most + 1);
}
bool maybe(int percent) {
    return some(0, 99) < percent;
}

void draw_speed(Policy& policy) {
    policy.max_parallel = maybe(60) ? some(1, 4) : 0;
    policy.pools.clear();
    for (const char* label : {"provider", "region"}) {
        if (!maybe(50)) continue;
        PoolRule rule;
        rule.label = label;
        rule.size = some(1, 3);
        if (maybe(30)) rule.sizes["a"] = some(1, 3);
        policy.pools.push_back(rule);
    }
}

Policy draw_policy() {
    Policy policy;
    draw_speed(policy);
    if (maybe(50)) policy.limits.failure_threshold = some(0, 5);
    if (maybe(30)) policy.limits.max_batch_fail_rate_percent = some(0, 100);
    if (maybe(40)) policy.limits.max_unreachable = {some(0, 50), maybe(50)};
    policy.retries = maybe(40) ? some(1, 2) : 0;
    policy.pauses_after_batch = maybe(15);
    if (maybe(20)) policy.batch_interval = seconds(some(0, 100));
    if (maybe(20)) policy.bake = seconds(some(1, 100));
    if (maybe(20)) policy.gates = {test::gate_at("http://gate/")};
    if (maybe(10)) {
        Gate second;
        second.name = "second";
        second.url = "http://second/";
        second.from_batch = some(1, 3);
        second.after = seconds(some(0, 100));
        second.is_dry_run = maybe(30);
        policy.gates.push_back(second);
    }
    if (maybe(20)) policy.windows = {{some(0, 1439), some(0, 1439), some(-840, 840)}};
    if (maybe(20)) policy.batch_timeout = seconds(some(1, 2'000));
    if (maybe(20)) policy.release_timeout = seconds(some(1, 4'000));
    policy.on_failure = *rc::gen::element(OnFailure::stop, OnFailure::pause, OnFailure::rollback);
    return policy;
}

std::string value_of(const Rows& rows, const TaskRow& row, const std::string& label) {
    for (const auto& [name, value] : rows.inventory.at(row.node).address.labels) {
        if (name == label) return value;
    }
    return {};
}

/// How many more nodes may run beside the running nodes, by the contract, in the pools of this
/// node.
int room_for(const Rows& rows, const TaskRow& node) {
    const Policy& policy = rows.header.policy;
    int room = policy.max_parallel > 0 ? policy.max_parallel - rows.count(NodeStatus::running) : 99;
    for (const PoolRule& rule : policy.pools) {
        const std::string value = value_of(rows, node, rule.label);
        int beside = 0;
        for (const TaskRow& other : rows.nodes) {
            const bool is_beside =
                other.status == NodeStatus::running && value_of(rows, other, rule.label) == value;
            beside += is_beside ? 1 : 0;
        }
        room = std::min(room, rule.size_of(value) - beside);
    }
    return room;
}

/// The world of one property: rows, a desk, and the operators' actions.
class Play {
  public:
    Rows rows;
    Desk desk{rows};

    explicit Play(const std::vector<int>& batches) : rows(batches) {
        rows.header.policy = draw_policy();
        rows.header.utc_ms = some(0, 86'399) * std::int64_t{1'000};
        for (auto& [id, node] : rows.inventory) {
            for (const char* label : {"provider", "region"}) {
                if (maybe(70)) node.address.labels.emplace_back(label, maybe(50) ? "a" : "b");
            }
        }
        desk.state.rules.start_window = maybe(50) ? 256 : some(1, 5);
        desk.observe();
    }

    /// Performs one event, then checks the invariants.
    void act() {
        const std::vector<NodeId> before = running(rows);
        const std::set<NodeId> were(before.begin(), before.end());
        happen(before);
        require_room(were);
        if (is_final(rows.header.status)) return;
        desk.observe();  // manual changes count from the next read on
        require_room(were);
        require_truth();
        require_no_idle_room();
    }

    void settle() {
        for (int turn = 0; turn < 20'000 && !is_final(rows.header.status); ++turn) {
            const bool is_held = rows.header.status == ReleaseStatus::paused ||
                                 rows.header.requested == Action::pause;
            if (is_held && turn % 2 == 0) rows.header.requested = Action::resume;
            desk.observe();
            for (const NodeId id : running(rows))
                desk.report(id, NodeStatus::success);
            answer_gate(GateAnswer::Kind::pass);
            if (running(rows).empty()) desk.sleep(hours(48));
        }
        RC_ASSERT(is_final(rows.header.status));
        require_truth();
    }

    void require_truth() const {
        RC_ASSERT(desk.violations.empty());
        RC_ASSERT(rows.header.success_nodes == rows.count(NodeStatus::success));
        RC_ASSERT(rows.header.failed_nodes == rows.count(NodeStatus::failed));
        for (const TaskRow& row : rows.nodes) {
            const int tried = row.attempt - row.attempts_before;
            RC_ASSERT(tried <= rows.header.policy.retries + 1);
        }
        if (!is_final(rows.header.status)) return;
        RC_ASSERT(rows.count(NodeStatus::pending) == 0);
        RC_ASSERT(rows.count(NodeStatus::running) == 0);
        RC_ASSERT(rows.header.hold == Hold::none);
        RC_ASSERT(rows.header.requested == Action::none);
        if (rows.header.status != ReleaseStatus::success) return;
        RC_ASSERT(rows.count(NodeStatus::skipped) == 0);
        RC_ASSERT(rows.count(NodeStatus::deferred) <= allowed());
    }

  private:
    [[nodiscard]] int allowed() const {
        const auto nodes = static_cast<int>(rows.nodes.size());
        return rows.header.policy.limits.max_unreachable.of(nodes);
    }

    // Any gate whose answer is still to come.
    void answer_gate(GateAnswer::Kind kind) {
        std::vector<AskGate> open;
        for (const AskGate& question : desk.gates) {
            const auto& states = desk.state.gates;
            const bool is_open = question.index < states.size() &&
                                 states[question.index].is_asked &&
                                 states[question.index].asked_at == question.asked_at;
            if (is_open) open.push_back(question);
        }
        if (!open.empty()) desk.answer_to(*rc::gen::elementOf(open), {kind, "503"});
    }

    void happen(const std::vector<NodeId>& ids) {
        const auto pick = [&] { return *rc::gen::elementOf(ids); };
        const int choice = some(0, 17);
        if (choice <= 6) {
            if (!ids.empty()) report(pick(), choice);
        } else if (choice == 7) {
            desk.restart();
        } else if (choice <= 9) {
            desk.sleep(seconds(some(1, 20'000)));
        } else if (choice == 10) {
            answer_gate(*rc::gen::element(GateAnswer::Kind::pass, GateAnswer::Kind::fail,
                                          GateAnswer::Kind::unsure));
        } else if (choice == 11 && !is_final(rows.header.status)) {
            draw_speed(rows.header.policy);
            ++rows.header.steer_seq;
        } else if (choice <= 14) {
            steer();
        } else if (choice == 15) {
            if (!ids.empty()) rows.find(pick())->status = NodeStatus::failed;
        } else if (!ids.empty()) {
            const NodeId id = pick();
            desk.give(Event{Attempted{id, rows.find(id)->task_id}});
        }
    }

    void report(NodeId id, int choice) {
        if (choice <= 3) {
            desk.report(id, NodeStatus::success);
            return;
        }
        const auto kind = *rc::gen::element(FailureKind::unreachable, FailureKind::timeout,
                                            FailureKind::exec_failed, FailureKind::rejected);
        desk.report(id, NodeStatus::failed, kind, "bad");
    }

    void steer() {
        if (is_final(rows.header.status) || rows.header.requested == Action::stop) return;
        const int choice = some(0, 9);
        const bool is_running = rows.header.status == ReleaseStatus::running;
        if (choice == 0) {
            rows.header.requested = Action::stop;
        } else if (choice <= 3) {
            rows.header.requested = Action::pause;
        } else if (choice <= 6) {
            rows.header.requested = Action::resume;
        } else if (choice == 7 && is_running) {
            rows.header.status = ReleaseStatus::paused;
        } else if (rows.header.status == ReleaseStatus::paused) {
            rows.header.status = ReleaseStatus::running;
        }
        if (maybe(50)) ++rows.header.steer_seq;
    }

    /// I9: every started node had a place, also with all nodes started together with it.
    void require_room(const std::set<NodeId>& were) const {
        for (const TaskRow& row : rows.nodes) {
            if (row.status != NodeStatus::running || were.contains(row.node)) continue;
            RC_ASSERT(room_for(rows, row) >= 0);
        }
    }

    void require_no_idle_room() const {
        const test::Header& header = rows.header;
        const bool goes_on = header.status == ReleaseStatus::running && header.hold == Hold::none &&
                             header.requested != Action::stop && !exceeded_limit(desk.state) &&
                             exceeded_time(desk.state, desk.now) == TimeLimit::none &&
                             desk.state.starting < desk.state.rules.start_window;
        if (!goes_on) return;
        if (is_on_probation(desk.state)) {
            RC_ASSERT(rows.count(NodeStatus::running) > 0);
            return;
        }
        int batch = 0;
        for (const TaskRow& row : rows.nodes) {
            if (is_final(row.status)) continue;
            if (batch == 0) batch = row.batch;
            if (row.batch != batch || row.status != NodeStatus::pending) continue;
            RC_ASSERT(room_for(rows, row) <= 0);
        }
    }
};

std::vector<int> draw_batches() {
    return *rc::gen::suchThat(
        rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 5)),
        [](const std::vector<int>& list) { return !list.empty() && list.size() <= 30; });
}

TEST(PolicyProperty, keeps_to_every_limit_starves_nobody_and_ends) {
    EXPECT_TRUE(rc::check("policies", [] {
        Play play(draw_batches());
        const int acts = some(0, 60);
        for (int i = 0; i < acts && !is_final(play.rows.header.status); ++i)
            play.act();
        play.settle();
    }));
}

TEST(PolicyProperty, ends_again_after_a_retry) {
    EXPECT_TRUE(rc::check("retries", [] {
        Play play(draw_batches());
        for (int i = 0; i < 30 && !is_final(play.rows.header.status); ++i)
            play.act();
        play.settle();
        std::vector<NodeId> taken;
        for (const TaskRow& row : play.rows.nodes) {
            const bool is_skipped = row.status == NodeStatus::skipped;
            if (is_skipped || row.status == NodeStatus::failed) taken.push_back(row.node);
        }
        if (play.rows.header.status != ReleaseStatus::failed || taken.empty()) return;
        play.rows.retry(taken);
        play.desk.is_let_go = false;
        play.desk.restart();
        for (int i = 0; i < 10 && !is_final(play.rows.header.status); ++i)
            play.act();
        play.settle();
    }));
}

}  // namespace
}  // namespace edgeroll::release
