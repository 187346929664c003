#include "release/fleet/heartbeats.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace edgeroll::release {
namespace {

using Mark = Sighting::Mark;

constexpr Millis period{10'000};

/// A fleet whose silent nodes time out after five seconds, and its rows.
class Fleet : public ::testing::Test {
  protected:
    explicit Fleet(HeartbeatRules rules = {}) : beats(rules) {}

    void add(int count) {
        for (int i = 0; i < count; ++i) {
            WatchedNode node;
            node.node = NodeId{static_cast<std::int64_t>(rows.size()) + 1};
            node.address.name = "n" + std::to_string(node.node.value);
            node.unseen_for = Millis{0};
            rows[node.node] = node;
        }
        load();
    }
    void load() {
        std::vector<WatchedNode> all;
        for (const auto& [id, row] : rows)
            all.push_back(row);
        beats.load(std::move(all), now);
    }
    WatchedNode& row(std::int64_t node) { return rows[NodeId{node}]; }

    /// Lets time go by; written marks go to the rows.
    void run(Millis span) {
        const Instant end = now + span;
        while (now < end) {
            now += Millis{100};
            hear();
            for (const Question& question : beats.take_due(now)) {
                ++asked[question.node];
                const bool is_silent = silent.contains(question.node);
                answers.emplace(now + (is_silent ? Millis{5'000} : Millis{100}),
                                std::pair{question, is_silent});
            }
            if (writes) write();
        }
    }
    void write() {
        const std::vector<Sighting> sightings = beats.to_write(now, 1'000);
        if (sightings.empty()) return;
        std::vector<WatchedNode> written;
        for (const Sighting& one : sightings) {
            log.push_back(one);
            WatchedNode& to = rows.at(one.node);
            if (one.observed) to.observed = *one.observed;
            if (one.mark == Mark::offline) to.is_online = false, to.is_marked = true;
            if (one.mark == Mark::online) to.is_online = true, to.is_marked = false;
            if (one.mark == Mark::clear) to.has_old_mark = false;
            written.push_back(to);
        }
        beats.wrote(sightings, written, now);
    }
    [[nodiscard]] int marked() const {
        return static_cast<int>(std::count_if(
            rows.begin(), rows.end(), [](const auto& one) { return one.second.is_marked; }));
    }
    void fall_silent(int from, int to) {
        for (int i = from; i <= to; ++i)
            silent.insert(NodeId{i});
    }

    Instant now{Millis{1'000'000}};
    Heartbeats beats;
    std::map<NodeId, WatchedNode> rows;
    std::set<NodeId> silent;
    std::map<NodeId, int> asked;
    std::optional<Observation> content;
    std::vector<Sighting> log;
    bool writes = true;

  private:
    void hear() {
        while (!answers.empty() && answers.begin()->first <= now) {
            const auto [question, is_silent] = answers.begin()->second;
            answers.erase(answers.begin());
            beats.heard(question, Pulse{!is_silent, is_silent ? std::nullopt : content}, now);
        }
    }
    std::multimap<Instant, std::pair<Question, bool>> answers;
};

using Heartbeat = Fleet;

TEST_F(Heartbeat, asks_each_node_once_a_period_and_spreads_them) {
    add(200);
    int most = 0;
    for (int i = 0; i < 100; ++i) {
        const auto before = asked;
        run(Millis{100});
        int count = 0;
        for (const auto& [node, times] : asked) {
            const auto found = before.find(node);
            count += times - (found == before.end() ? 0 : found->second);
        }
        most = std::max(most, count);
    }
    EXPECT_EQ(asked.size(), 200U);
    EXPECT_LE(most, 10) << "two are due in a tenth of a second";
    run(9 * period);
    for (const auto& [node, times] : asked) {
        EXPECT_GE(times, 9) << node.value;
        EXPECT_LE(times, 10) << node.value;
    }
    EXPECT_TRUE(log.empty()) << "nothing has changed";
}

TEST_F(Heartbeat, missed_three_times_marks_a_node_and_an_answer_takes_the_mark_away) {
    add(20);
    run(period);
    fall_silent(3, 3);
    run(2 * period);
    EXPECT_EQ(marked(), 0) << "two are missed at most";
    run(2 * period);
    ASSERT_EQ(marked(), 1);
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].node, NodeId{3});
    EXPECT_GE(log[0].silent_for, 2 * period);
    EXPECT_LT(log[0].silent_for, 3 * period) << "since the first question that it missed";
    silent.clear();
    run(2 * period);
    EXPECT_EQ(marked(), 0);
    EXPECT_EQ(log.size(), 2U);
}

TEST_F(Heartbeat, never_touches_what_others_wrote_to_status) {
    add(20);
    row(1).is_online = false;  // in maintenance, or offline by an operator
    row(2).is_online = false;
    row(4).is_online = false;
    row(4).has_old_mark = true;  // heartbeats said offline, and an operator maintenance since
    load();
    fall_silent(1, 1);
    run(6 * period);
    ASSERT_EQ(log.size(), 1U) << "neither marked offline nor online";
    EXPECT_EQ(log[0].node, NodeId{4});
    EXPECT_EQ(log[0].mark, Mark::clear);
}

TEST_F(Heartbeat, of_more_than_half_missed_together_marks_nothing_for_three_minutes) {
    add(20);
    run(2 * period);
    fall_silent(1, 11);
    run(Millis{180'000});
    EXPECT_EQ(marked(), 0);
    EXPECT_TRUE(beats.is_own_network());
    run(Millis{60'000});
    EXPECT_EQ(marked(), 11);
    EXPECT_FALSE(beats.is_own_network());
    silent.clear();
    run(2 * period);
    EXPECT_EQ(marked(), 0);
}

TEST_F(Heartbeat, of_more_than_half_that_come_back_leaves_nothing_behind) {
    add(20);
    run(2 * period);
    fall_silent(1, 20);
    run(Millis{100'000});
    EXPECT_TRUE(beats.is_own_network());
    silent.clear();
    run(4 * period);
    EXPECT_FALSE(beats.is_own_network());
    EXPECT_TRUE(log.empty());
    // The next outage has three minutes of its own.
    fall_silent(1, 20);
    run(Millis{170'000});
    EXPECT_TRUE(log.empty());
}

TEST_F(Heartbeat, of_half_or_of_four_missed_together_marks_them) {
    add(20);
    run(2 * period);
    fall_silent(1, 10);
    run(5 * period);
    EXPECT_EQ(marked(), 10) << "half is not more than half";
    rows.clear();
    silent.clear();
    add(4);
    fall_silent(1, 4);
    run(5 * period);
    EXPECT_EQ(marked(), 4);
}

TEST_F(Heartbeat, counts_no_node_towards_the_own_network_that_others_took_out) {
    add(20);
    for (int i = 1; i <= 14; ++i)
        row(i).is_online = false;
    load();
    fall_silent(1, 15);
    run(6 * period);
    EXPECT_EQ(marked(), 1) << "one of six online ones is silent";
}

TEST_F(Heartbeat, writes_that_a_node_was_seen_every_five_minutes) {
    add(10);
    run(Millis{290'000});
    EXPECT_TRUE(log.empty());
    run(Millis{30'000});
    EXPECT_EQ(log.size(), 10U);
    run(Millis{280'000});
    EXPECT_EQ(log.size(), 10U);
}

TEST_F(Heartbeat, writes_an_observation_once) {
    add(3);
    content = Observation{};
    content->content = ObservedContent::whole;
    content->sha256 = "a";
    run(3 * period);
    ASSERT_EQ(log.size(), 3U);
    EXPECT_EQ(log[0].observed->sha256, "a");
    content->sha256 = "b";
    run(3 * period);
    EXPECT_EQ(log.size(), 6U);
}

TEST_F(Heartbeat, returns_what_is_to_be_written_until_it_is_written_and_keeps_later_news) {
    add(1);
    writes = false;
    content = Observation{};
    content->sha256 = "a";
    run(2 * period);
    const auto first = beats.to_write(now, 10);
    ASSERT_EQ(first.size(), 1U);
    content->sha256 = "b";
    run(2 * period);
    ASSERT_EQ(beats.to_write(now, 10).size(), 1U) << "the database was away";
    row(1).observed.sha256 = "a";
    beats.wrote(first, {row(1)}, now);
    const auto second = beats.to_write(now, 10);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].observed->sha256, "b");
}

TEST_F(Heartbeat, says_what_was_applied_when_the_node_was_asked) {
    add(1);
    row(1).applied_version = Version{4};
    row(1).applied_sha256 = "old";
    load();
    writes = false;
    content = Observation{};
    content->sha256 = "old";
    run(2 * period);
    row(1).applied_version = Version{5};  // a release came in between
    row(1).applied_sha256 = "new";
    load();
    const auto sightings = beats.to_write(now, 10);
    ASSERT_EQ(sightings.size(), 1U);
    EXPECT_EQ(sightings[0].applied_version, Version{4});
    EXPECT_EQ(sightings[0].applied_sha256, "old");
}

TEST_F(Heartbeat, of_a_process_that_was_away_begins_anew) {
    add(4);
    run(2 * period);
    fall_silent(1, 4);
    run(3 * period - Millis{4'000});
    EXPECT_TRUE(log.empty());
    beats.begin_again(now);
    run(2 * period);
    EXPECT_TRUE(log.empty()) << "the misses from before, and the open questions, do not count";
    run(3 * period);
    EXPECT_EQ(marked(), 4);
}

TEST_F(Heartbeat, of_nodes_that_come_and_go) {
    add(5);
    run(period);
    rows.erase(NodeId{2});
    load();
    asked.clear();
    add(1);  // gets the id 5 again, which is there: nothing changes
    run(2 * period);
    EXPECT_FALSE(asked.contains(NodeId{2}));
    EXPECT_EQ(asked.size(), 4U);
    EXPECT_EQ(beats.size(), 4U);
}

TEST_F(Heartbeat, of_another_address_begins_anew) {
    add(3);
    run(2 * period);
    fall_silent(2, 2);
    run(2 * period);
    row(2).address.ip = "10.9.9.9";
    load();
    run(2 * period);
    EXPECT_TRUE(log.empty()) << "three misses, of which two were the other machine's";
    run(2 * period);
    EXPECT_EQ(marked(), 1);
}

TEST_F(Heartbeat, of_an_address_that_changed_while_it_was_written_begins_anew) {
    add(3);
    run(2 * period);
    fall_silent(2, 2);
    writes = false;
    run(5 * period);
    const auto sightings = beats.to_write(now, 10);
    ASSERT_EQ(sightings.size(), 1U);
    row(2).address.ip = "10.9.9.9";
    EXPECT_FALSE(takes_mark(row(2), sightings[0])) << "the other machine's silence";
    beats.wrote(sightings, {row(2)}, now);
    EXPECT_TRUE(beats.to_write(now, 10).empty());
    run(2 * period);
    EXPECT_TRUE(beats.to_write(now, 10).empty());
}

TEST_F(Heartbeat, ignores_an_answer_to_a_question_that_is_not_open_any_more) {
    add(1);
    now += period;
    const auto first = beats.take_due(now);
    ASSERT_EQ(first.size(), 1U);
    const WatchedNode kept = row(1);
    rows.clear();
    load();
    rows[NodeId{1}] = kept;
    load();
    now += period;
    ASSERT_EQ(beats.take_due(now).size(), 1U);
    Observation old;
    old.sha256 = "old";
    beats.heard(first[0], Pulse{true, old}, now);
    beats.heard_nothing(first[0], now);
    EXPECT_TRUE(beats.to_write(now, 10).empty());
    now += period;
    EXPECT_TRUE(beats.take_due(now).empty()) << "the second question is still open";
}

TEST_F(Heartbeat, without_capabilities_keeps_those_that_are_known) {
    add(1);
    row(1).observed.capabilities = "secrets";
    load();
    content = Observation{};
    run(2 * period);
    EXPECT_TRUE(log.empty());
    content->sha256 = "a";
    run(2 * period);
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].observed->capabilities, "secrets");
}

class Crowded : public Fleet {
  protected:
    static HeartbeatRules rules() {
        HeartbeatRules made;
        made.open_max = 20;
        made.silent_open_max = 5;
        made.own_network_max = Millis{0};
        return made;
    }
    Crowded() : Fleet(rules()) {}
};

TEST_F(Crowded, many_silent_nodes_keep_no_other_waiting) {
    add(300);
    run(2 * period);
    fall_silent(1, 100);
    run(6 * period);  // each of them takes a place of five seconds once
    asked.clear();
    run(10 * period);
    for (int i = 101; i <= 300; ++i)
        EXPECT_GE(asked[NodeId{i}], 9) << i;
    int silent_asked = 0;
    for (int i = 1; i <= 100; ++i)
        silent_asked += asked[NodeId{i}];
    EXPECT_GE(silent_asked, 90) << "five at a time, five seconds each";
    EXPECT_LE(silent_asked, 220) << "the same for those that missed less than three";
}

}  // namespace
}  // namespace edgeroll::release
