// Several gates: what they mean together, and when each is asked (docs/contract.md 6.11).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/step.hpp"
#include "tests/support/rows.hpp"

namespace edgeroll::release {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::Desk;
using test::n1, test::n2;
using test::Rows;

using Kind = GateAnswer::Kind;

Gate named(const std::string& name) {
    Gate gate;
    gate.name = name;
    gate.url = "http://" + name + "/";
    return gate;
}

Gate queried(const std::string& name, const std::string& query, int consecutive = 1) {
    Gate gate;
    gate.name = name;
    gate.prometheus.emplace();
    gate.prometheus->url = "http://prom/";
    gate.prometheus->query = query;
    gate.prometheus->pass = {Comparison::Op::less, 0.01};
    gate.prometheus->consecutive = consecutive;
    return gate;
}

struct GateList : testing::Test {
    Rows rows{{1, 2, 3}};
    Desk desk{rows};
    Policy& policy = rows.header.policy;
    std::vector<Evidence> evidence;

    void SetUp() override { policy.gates = {named("a"), named("b")}; }

    void finish_first_batch() {
        desk.observe();
        desk.report(n1, NodeStatus::success);
    }
    [[nodiscard]] std::size_t questions(const std::string& name) const {
        return static_cast<std::size_t>(
            std::count_if(desk.gates.begin(), desk.gates.end(),
                          [&](const AskGate& one) { return one.gate.name == name; }));
    }
    void collect() {
        const auto& written = rows.last.evidence;
        evidence.insert(evidence.end(), written.begin(), written.end());
    }
    bool sleep() {
        rows.last.evidence.clear();
        const bool has_slept = desk.sleep();
        collect();
        return has_slept;
    }
    /// The answer to the gate's last question.
    void answer(const std::string& name, Kind kind, const std::string& message = "200",
                const std::string& sort = "") {
        for (auto one = desk.gates.rbegin(); one != desk.gates.rend(); ++one) {
            if (one->gate.name != name) continue;
            rows.last.evidence.clear();
            desk.answer_to(AskGate(*one), GateAnswer{kind, message, sort, ""});
            collect();
            return;
        }
        FAIL() << name << " was not asked";
    }
    void expect_opened(int batch) const {
        EXPECT_EQ(rows.header.current_batch, batch);
        EXPECT_EQ(rows.header.status, ReleaseStatus::running);
    }
    void expect_held(Hold hold) const {
        EXPECT_EQ(rows.header.current_batch, 1);
        EXPECT_EQ(rows.header.hold, hold);
    }
    [[nodiscard]] int decisive_rows(const std::string& name, Judgement verdict) const {
        return static_cast<int>(
            std::count_if(evidence.begin(), evidence.end(), [&](const Evidence& row) {
                return row.gate == name && row.is_decisive && row.verdict == verdict;
            }));
    }
    void TearDown() override { EXPECT_THAT(desk.violations, testing::IsEmpty()); }
};

TEST_F(GateList, opens_when_all_have_passed) {
    finish_first_batch();
    ASSERT_EQ(desk.gates.size(), 2U);
    answer("b", Kind::pass);
    expect_held(Hold::gate);
    answer("a", Kind::pass);
    expect_opened(2);
    EXPECT_EQ(decisive_rows("a", Judgement::pass), 1);
    EXPECT_EQ(decisive_rows("b", Judgement::pass), 1);
}

TEST_F(GateList, fails_when_one_refuses_whatever_the_others_say) {
    finish_first_batch();
    answer("a", Kind::pass);
    answer("b", Kind::fail, "403");
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
    EXPECT_EQ(rows.header.last_error, "gate 'b' refused: 403");
    EXPECT_EQ(decisive_rows("b", Judgement::fail), 1);
    EXPECT_EQ(decisive_rows("a", Judgement::pass), 0);
}

TEST_F(GateList, is_held_by_one_that_is_unsure) {
    finish_first_batch();
    answer("a", Kind::pass);
    for (int i = 0; i < 500 && rows.header.hold == Hold::gate; ++i) {
        if (desk.state.gates.at(1).is_asked) answer("b", Kind::unsure, "503");
        if (desk.state.gates.size() == 2 && desk.state.gates.at(0).is_asked)
            answer("a", Kind::pass);
        if (rows.header.hold == Hold::gate) sleep();
    }
    expect_held(Hold::review);
    EXPECT_EQ(rows.header.last_error, "gate 'b' was unsure for its whole gate_timeout_sec: 503");
    EXPECT_EQ(decisive_rows("b", Judgement::unsure), 1);
    EXPECT_GT(questions("a"), 10U) << "a pass must not grow old while others are waited for";
}

TEST_F(GateList, asks_a_passed_one_again_and_believes_its_refusal) {
    finish_first_batch();
    answer("a", Kind::pass);
    answer("b", Kind::unsure, "503");
    while (questions("a") < 2) {
        ASSERT_TRUE(sleep());
        if (desk.state.gates.at(1).is_asked) answer("b", Kind::unsure, "503");
    }
    answer("a", Kind::fail, "403");
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(GateList, takes_back_a_pass_that_became_unsure) {
    finish_first_batch();
    answer("a", Kind::pass);
    answer("b", Kind::unsure, "503");
    while (questions("a") < 2) {
        ASSERT_TRUE(sleep());
        if (desk.state.gates.at(1).is_asked) answer("b", Kind::unsure, "503");
    }
    answer("a", Kind::unsure, "503");
    while (!desk.state.gates.at(1).is_asked)
        ASSERT_TRUE(sleep());
    answer("b", Kind::pass);
    expect_held(Hold::gate);
}

TEST_F(GateList, does_not_take_one_gates_answer_for_anothers) {
    finish_first_batch();
    answer("a", Kind::pass);
    // An answer of `a` that says it is for the place of `b`.
    AskGate crossed = desk.gates.front();
    crossed.index = 1;
    desk.answer_to(crossed, GateAnswer{Kind::pass, "200"});
    expect_held(Hold::gate);
    answer("b", Kind::pass);
    expect_opened(2);
}

TEST_F(GateList, forgets_an_answer_of_a_gate_that_was_changed_meanwhile) {
    policy.gates = {named("a")};
    finish_first_batch();
    const AskGate old = desk.gates.back();
    policy.gates[0].url = "http://elsewhere/";
    ++rows.header.steer_seq;
    desk.observe();
    ASSERT_EQ(desk.gates.size(), 2U);
    desk.answer_to(old, GateAnswer{Kind::pass, "200"});
    expect_held(Hold::gate);
    answer("a", Kind::pass);
    expect_opened(2);
}

TEST_F(GateList, forgets_an_answer_of_a_gate_that_moved_in_the_list) {
    finish_first_batch();
    const AskGate old = desk.gates.at(1);
    std::swap(policy.gates[0], policy.gates[1]);
    ++rows.header.steer_seq;
    desk.observe();
    desk.answer_to(old, GateAnswer{Kind::pass, "200"});
    answer("a", Kind::pass);
    expect_held(Hold::gate);
    answer("b", Kind::pass);
    expect_opened(2);
}

TEST_F(GateList, records_a_dry_run_and_does_not_obey_it) {
    policy.gates[1].is_dry_run = true;
    finish_first_batch();
    answer("a", Kind::pass);
    expect_held(Hold::gate);  // it is seen once
    answer("b", Kind::fail, "403");
    expect_opened(2);
    EXPECT_EQ(decisive_rows("b", Judgement::fail), 0);
    EXPECT_THAT(evidence, testing::Contains(testing::Field(&Evidence::gate, "b")));
}

TEST_F(GateList, does_not_obey_a_dry_run_in_the_bake_either) {
    policy.gates = {named("a")};
    policy.gates[0].is_dry_run = true;
    policy.bake = seconds(60);
    finish_first_batch();
    answer("a", Kind::fail, "403");
    expect_held(Hold::bake);
}

TEST_F(GateList, waits_for_a_dry_run_even_past_the_end_of_the_hold) {
    policy.gates[1].is_dry_run = true;
    finish_first_batch();
    rows.now += hours(1);
    Desk other(rows);
    other.observe();
    ASSERT_EQ(other.gates.size(), 2U);
    other.answer_to(AskGate(other.gates[0]), GateAnswer{Kind::pass, "200"});
    EXPECT_EQ(rows.header.hold, Hold::gate);
    other.answer_to(AskGate(other.gates[1]), GateAnswer{Kind::fail, "403"});
    EXPECT_EQ(rows.header.current_batch, 2);
}

TEST_F(GateList, asks_each_at_its_own_pace) {
    policy.bake = seconds(60);
    policy.gates[0].every = seconds(10);
    policy.gates[1].every = seconds(25);
    finish_first_batch();
    while (rows.header.hold == Hold::bake) {
        for (std::size_t i = 0; i < 2; ++i) {
            if (desk.state.gates.at(i).is_asked) answer(i == 0 ? "a" : "b", Kind::pass);
        }
        ASSERT_TRUE(sleep());
    }
    // At 0, 10, … 50 and 0, 25, 50, and after the bake.
    EXPECT_EQ(questions("a"), 7U);
    EXPECT_EQ(questions("b"), 4U);
}

TEST_F(GateList, asks_first_after_after_sec) {
    policy.gates[1].after = seconds(100);
    policy.bake = seconds(30);
    finish_first_batch();
    EXPECT_EQ(questions("b"), 0U);
    answer("a", Kind::pass);
    while (questions("b") == 0) {
        ASSERT_TRUE(sleep());
        if (desk.state.gates.at(0).is_asked) answer("a", Kind::pass);
    }
    EXPECT_EQ(desk.now, Rows::epoch + seconds(100));
    expect_held(Hold::gate);
    EXPECT_EQ(desk.state.hold_until, Rows::epoch + seconds(400));
    answer("b", Kind::pass);
    if (desk.state.gates.size() == 2 && !desk.state.gates.at(0).last) answer("a", Kind::pass);
    expect_opened(2);
}

TEST_F(GateList, begins_with_from_batch_and_is_asked_at_the_end_in_any_case) {
    policy.gates = {named("a"), named("b")};
    policy.gates[0].from_batch = 2;
    policy.gates[1].from_batch = 9;
    finish_first_batch();
    expect_opened(2);
    EXPECT_EQ(desk.gates.size(), 0U);
    desk.report(n2, NodeStatus::success);
    EXPECT_EQ(questions("a"), 1U);
    EXPECT_EQ(questions("b"), 0U);
    answer("a", Kind::pass);
    EXPECT_EQ(rows.header.current_batch, 3);
    desk.report(NodeId{3}, NodeStatus::success);
    answer("a", Kind::pass);
    EXPECT_NE(rows.header.status, ReleaseStatus::success);
    answer("b", Kind::pass);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(GateList, needs_failing_answers_in_a_row) {
    policy.gates = {queried("q", "up", 3)};
    policy.bake = hours(1);
    finish_first_batch();
    const auto next = [&](Kind kind) {
        while (!desk.state.gates.at(0).is_asked)
            ASSERT_TRUE(sleep());
        answer("q", kind, "0.5", "value");
    };
    for (const Kind kind : {Kind::fail, Kind::fail, Kind::pass, Kind::fail, Kind::fail})
        next(kind);
    expect_held(Hold::bake);
    next(Kind::fail);
    EXPECT_EQ(rows.header.status, ReleaseStatus::failed);
}

TEST_F(GateList, passes_no_failing_answer_that_must_be_seen_again) {
    policy.gates = {queried("q", "up", 3)};
    policy.gate_timeout = seconds(20);
    finish_first_batch();
    answer("q", Kind::fail, "0.5 is not < 0.01", "value");
    expect_held(Hold::gate);
    while (rows.header.hold == Hold::gate) {
        ASSERT_TRUE(sleep());
        if (desk.state.gates.at(0).is_asked) answer("q", Kind::fail, "0.5 is not < 0.01", "value");
    }
    EXPECT_NE(rows.header.current_batch, 2);
}

TEST_F(GateList, fills_in_the_query) {
    rows.inventory.at(n1).address.name = "edge-1.example";
    policy.gates = {queried("q", "f{r=\"{{released_re}}\"}[{{since_sec}}s]*{{batch}}+{{version}}")};
    policy.bake = seconds(30);
    finish_first_batch();
    ASSERT_EQ(desk.gates.size(), 1U);
    const std::string version = std::to_string(rows.header.version.value);
    EXPECT_EQ(desk.gates[0].query, "f{r=\"edge-1[.]example\"}[1s]*1+" + version);
    answer("q", Kind::pass, "0", "value");
    ASSERT_TRUE(sleep());
    EXPECT_EQ(desk.gates.back().query, "f{r=\"edge-1[.]example\"}[15s]*1+" + version);
}

TEST_F(GateList, compares_with_nodes_to_come_as_long_as_there_are_any) {
    policy.gates = {queried("q", "{{released_re}} {{peers_re}}"), named("a")};
    const auto pass_batch = [&](NodeId node) {
        desk.gates.clear();
        desk.report(node, NodeStatus::success);
        answer("q", Kind::pass, "0", "value");
        answer("a", Kind::pass);
    };
    for (int i = 1; i <= 3; ++i)
        rows.inventory.at(NodeId{i}).address.name = "e" + std::to_string(i);
    desk.observe();
    pass_batch(n1);
    ASSERT_EQ(questions("q"), 1U);
    EXPECT_EQ(desk.gates[0].query, "e1 e2|e3");
    pass_batch(n2);
    ASSERT_EQ(questions("q"), 1U);
    EXPECT_EQ(desk.gates[0].query, "e1|e2 e3");
    desk.gates.clear();
    desk.report(n3, NodeStatus::success);
    EXPECT_EQ(questions("q"), 0U);  // nobody is left to compare with
    ASSERT_EQ(questions("a"), 1U);
    answer("a", Kind::pass);
    EXPECT_EQ(rows.header.status, ReleaseStatus::success);
}

TEST_F(GateList, is_unsure_of_a_query_that_cannot_be_asked) {
    rows.inventory.at(n1).address.name = "a\"b";
    policy.gates = {queried("q", "{{released_re}}")};
    policy.gate_timeout = seconds(60);
    finish_first_batch();
    for (int i = 0; i < 100 && rows.header.hold == Hold::gate; ++i)
        ASSERT_TRUE(sleep());
    EXPECT_EQ(desk.gates.size(), 0U);
    expect_held(Hold::review);
    EXPECT_THAT(rows.header.last_error, testing::HasSubstr("{{released_re}} cannot name"));
}

TEST_F(GateList, writes_few_rows_however_often_it_is_asked) {
    policy.gates = {queried("q", "up")};
    policy.bake = hours(3);
    finish_first_batch();
    int number = 0;
    while (rows.header.hold == Hold::bake) {
        if (desk.state.gates.at(0).is_asked) {
            answer("q", Kind::pass, "0.00" + std::to_string(++number), "value");
        }
        ASSERT_TRUE(sleep());
    }
    EXPECT_GT(number, 500);
    const auto rows_of_it = std::count_if(evidence.begin(), evidence.end(),
                                          [](const Evidence& row) { return row.gate == "q"; });
    EXPECT_EQ(rows_of_it, 1);
}

TEST_F(GateList, writes_few_rows_even_if_the_verdict_changes_each_time) {
    policy.gates = {queried("q", "up", 2)};
    policy.bake = hours(3);
    finish_first_batch();
    int number = 0;
    while (rows.header.hold == Hold::bake) {
        if (desk.state.gates.at(0).is_asked) {
            answer("q", ++number % 2 == 0 ? Kind::pass : Kind::unsure, "x", "value");
        }
        ASSERT_TRUE(sleep());
    }
    EXPECT_GT(number, 500);
    EXPECT_LE(std::count_if(evidence.begin(), evidence.end(),
                            [](const Evidence& row) { return row.gate == "q"; }),
              20);
}

}  // namespace
}  // namespace edgeroll::release
