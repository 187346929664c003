#include "control/core/dispatcher.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/manual_clock.hpp"
#include "tests/unit/core/fakes.hpp"

namespace edgeroll::control {
namespace {

using release::Heard;
using release::Millis;

struct Dispatching : testing::Test {
    OneAgent agent;
    NoJitter random;
    Silent observer;
    std::shared_ptr<const Parcel> parcel;
    std::shared_ptr<Lifeline> lifeline = std::make_shared<Lifeline>();
    std::vector<release::Reported> reports;
    std::vector<int> progress;
    std::vector<std::string> troubles;
    std::vector<release::Instant> silences;
    std::vector<bool> attempts;  ///< whether the first answer told capabilities
    release::StartConversation wanted;
    boost::asio::io_context context;
    test::ManualClock clock{context};
    Dispatcher dispatcher{context.get_executor(), agent, clock, random, observer, {}};

    void SetUp() override {
        auto whole = std::make_shared<Parcel>();
        whole->payload = std::make_shared<const std::string>("{}");
        whole->order_id = "order-a";
        whole->version = release::Version{42};
        parcel = std::move(whole);
        lifeline->good_until = release::never;
        lifeline->report = [this](const release::Event& event) {
            if (const auto* report = std::get_if<release::Reported>(&event)) {
                reports.push_back(*report);
            }
            if (const auto* first = std::get_if<release::Attempted>(&event)) {
                attempts.push_back(first->is_own_agent.value_or(false));
            }
            if (const auto* far = std::get_if<release::Progressed>(&event)) {
                if (far->silent_since) {
                    silences.push_back(*far->silent_since);
                } else if (far->trouble) {
                    troubles.push_back(to_sentence(*far->trouble));
                } else {
                    progress.push_back(far->progress);
                }
            }
        };
    }

    /// The content was on the node before.
    void put_back() {
        auto back = std::make_shared<Parcel>(*parcel);
        back->may_be_held = true;
        parcel = std::move(back);
        wanted.content = release::Version{40};
        wanted.is_own_agent = true;
    }
    void start(bool asks_first, release::Trouble trouble = {}) {
        release::StartConversation what = wanted;
        what.trouble = std::move(trouble);
        what.task_id = "apply_config_127.0.0.1_42";
        what.asks_first = asks_first;
        what.deadline = clock.now() + Millis{600'000};
        dispatcher.start(std::move(what), parcel, lifeline);
    }
    void stop() {
        release::CancelTask what;
        what.task_id = "apply_config_127.0.0.1_42";
        release::Order sent;
        sent.id = parcel->order_id;
        sent.version = parcel->version;
        dispatcher.cancel(std::move(what), std::move(sent), lifeline);
    }
};

TEST_F(Dispatching, sends_nothing_any_more_once_the_release_is_being_stopped) {
    start(false);
    clock.advance(Millis{1'000});
    const int before = agent.dispatches;
    EXPECT_GT(before, 0);

    stop();
    agent.to_dispatch = Heard::accepted;
    clock.advance(Millis{30'000});

    EXPECT_EQ(agent.dispatches, before);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].verdict.status, release::NodeStatus::cancelled);
}

TEST_F(Dispatching, does_not_dispatch_an_unknown_task_of_a_stopping_release_after_a_takeover) {
    start(true);
    stop();
    clock.advance(Millis{30'000});

    EXPECT_EQ(agent.dispatches, 0);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].verdict.status, release::NodeStatus::cancelled);
}

TEST_F(Dispatching, tells_of_progress_at_most_once_a_second_and_only_of_more) {
    agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::running;
    start(true);
    clock.advance(Millis{100});
    EXPECT_TRUE(progress.empty());

    // This agent answers a held query at once, so it is polled: more often at first.
    agent.progress = 10;
    clock.advance(Millis{200});
    ASSERT_EQ(progress, std::vector<int>{10});
    const int asked = agent.queries;
    agent.progress = 20;
    clock.advance(Millis{500});
    EXPECT_GT(agent.queries, asked);
    EXPECT_EQ(progress, std::vector<int>{10});
    clock.advance(Millis{4'000});
    EXPECT_EQ(progress, (std::vector<int>{10, 20}));
    agent.progress = 15;
    clock.advance(Millis{8'000});
    EXPECT_EQ(progress, (std::vector<int>{10, 20}));
    lifeline->is_cut = true;
}

TEST_F(Dispatching, leaves_the_last_progress_to_the_last_word) {
    agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::success;
    agent.progress = 100;
    start(true);
    clock.advance(Millis{1'000});
    EXPECT_TRUE(progress.empty());
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].verdict.progress, 100);
}

TEST_F(Dispatching, does_not_let_a_long_job_be_held_for_long) {
    agent.to_dispatch = agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::running;
    start(false);
    clock.advance(Millis{10});
    EXPECT_EQ(agent.hold, Millis{5'000});
    lifeline->is_cut = true;
    clock.advance(Millis{60'000});

    auto jobs = std::make_shared<Parcel>(*parcel);
    jobs->type = release::TaskType::run_job;
    parcel = std::move(jobs);
    lifeline->is_cut = false;
    start(false);
    clock.advance(Millis{10});
    EXPECT_EQ(agent.hold, Millis{3'000});
    lifeline->is_cut = true;
}

TEST_F(Dispatching, goes_on_asking_to_cancel_until_the_agent_is_back) {
    agent.to_query = Heard::accepted;
    start(true);
    stop();
    clock.advance(Millis{10'000});
    EXPECT_GT(agent.cancels, 3);

    agent.to_cancel = Heard::accepted;
    clock.advance(Millis{10'000});
    const int settled = agent.cancels;
    clock.advance(Millis{60'000});

    EXPECT_EQ(agent.cancels, settled);
}

TEST_F(Dispatching, asks_again_to_cancel_what_arrives_after_the_first_question) {
    agent.to_query = Heard::accepted;
    agent.to_cancel = Heard::unknown_task;
    start(true);
    stop();
    clock.advance(Millis{1'000});
    agent.to_cancel = Heard::accepted;
    const int unknown = agent.cancels;
    clock.advance(Millis{10'000});

    EXPECT_EQ(agent.cancels, unknown + 1);
    lifeline->is_cut = true;
}

TEST_F(Dispatching, asks_no_more_to_cancel_once_the_release_is_over) {
    agent.to_cancel = Heard::unknown_task;
    stop();
    clock.advance(Millis{1'000});
    lifeline->is_cut = true;
    const int before = agent.cancels;
    clock.advance(Millis{60'000});

    EXPECT_EQ(agent.cancels, before);
}

TEST_F(Dispatching, asks_a_running_node_before_it_gives_up_over_missing_content) {
    parcel = std::make_shared<Parcel>();
    agent.to_query = Heard::accepted;
    start(true);
    clock.advance(Millis{1'000});
    EXPECT_TRUE(reports.empty());

    agent.to_query = Heard::unknown_task;
    clock.advance(Millis{30'000});

    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].verdict.failure, release::FailureKind::rejected);
    EXPECT_EQ(agent.dispatches, 0);
}

TEST_F(Dispatching, leaves_the_payload_out_where_the_node_holds_the_content) {
    auto repeated = std::make_shared<Parcel>(*parcel);
    repeated->may_be_held = true;
    parcel = repeated;
    agent.holds_content = true;
    agent.to_query = Heard::accepted;
    start(false);
    clock.advance(Millis{1'000});
    EXPECT_EQ(agent.questions, 1);
    EXPECT_EQ(agent.references, 1);
    EXPECT_EQ(agent.dispatches, 1);
}

TEST_F(Dispatching, sends_the_payload_where_the_node_lacks_the_content_after_all) {
    auto repeated = std::make_shared<Parcel>(*parcel);
    repeated->may_be_held = true;
    parcel = repeated;
    agent.holds_content = true;
    agent.to_reference = Heard::lacks_content;
    agent.to_dispatch = agent.to_query = Heard::accepted;
    start(false);
    clock.advance(Millis{1'000});
    EXPECT_EQ(agent.references, 1);
    EXPECT_EQ(agent.dispatches, 2);
}

TEST_F(Dispatching, does_not_ask_for_what_a_rollback_puts_back) {
    put_back();
    agent.capabilities = "secrets";
    agent.to_query = Heard::accepted;
    start(false);
    clock.advance(Millis{1'000});
    EXPECT_EQ(agent.questions, 0);
    EXPECT_EQ(agent.references, 1);
    EXPECT_THAT(attempts, testing::ElementsAre(true));
}

TEST_F(Dispatching, sends_whole_what_was_put_away_since) {
    put_back();
    agent.capabilities = "secrets";
    agent.to_reference = Heard::lacks_content;
    agent.to_dispatch = agent.to_query = Heard::accepted;
    start(false);
    clock.advance(Millis{1'000});
    EXPECT_EQ(agent.references, 1);
    EXPECT_EQ(agent.dispatches, 2);
}

// An agent that knows no references would have applied nothing.
TEST_F(Dispatching, believes_no_other_agent_that_takes_a_reference) {
    put_back();
    agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::success;
    start(false);
    clock.advance(Millis{1'000});
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].verdict.status, release::NodeStatus::failed);
    EXPECT_EQ(reports[0].verdict.failure, release::FailureKind::rejected);
}

TEST_F(Dispatching, asks_an_agent_that_never_told_its_capabilities) {
    put_back();
    wanted.is_own_agent = false;
    agent.to_dispatch = agent.to_query = Heard::accepted;
    start(false);
    clock.advance(Millis{1'000});
    EXPECT_EQ(agent.questions, 1);
    EXPECT_EQ(agent.references, 0);
}

TEST_F(Dispatching, tells_since_when_the_agent_is_silent_and_when_it_is_back) {
    agent.to_dispatch = agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::running;
    start(false);
    clock.advance(Millis{100});
    const release::Instant asked = clock.now();
    agent.to_query = Heard::no_answer;
    clock.advance(Millis{10'000});
    ASSERT_EQ(silences.size(), 1U) << "once";
    EXPECT_LE(silences[0] - asked, release::ConversationRules().hold_max);
    agent.to_query = Heard::server_error;
    clock.advance(Millis{10'000});
    ASSERT_EQ(silences.size(), 2U);
    EXPECT_EQ(silences[1], release::never) << "any answer is one";
}

// The rows were deleted and inserted again: the agent still has the state of the first rows.
TEST_F(Dispatching, does_not_take_the_word_of_a_task_of_another_release_after_a_takeover) {
    agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::success;
    agent.about.order_id = "order-of-deleted-rows";
    agent.to_dispatch = Heard::used_id;
    start(true);
    clock.advance(Millis{1'000});
    EXPECT_EQ(agent.dispatches, 1);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].verdict.status, release::NodeStatus::failed);
    EXPECT_TRUE(reports[0].verdict.is_id_used);
}

TEST_F(Dispatching, tells_no_progress_of_a_task_of_another_release) {
    agent.to_dispatch = agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::running;
    agent.progress = 50;
    agent.about.version = "41";
    start(false);
    clock.advance(Millis{10'000});
    EXPECT_TRUE(progress.empty());
    agent.about.version = "42";
    clock.advance(Millis{10'000});
    EXPECT_EQ(progress, std::vector<int>{50});
    lifeline->is_cut = true;
}

TEST_F(Dispatching, goes_on_asking_to_cancel_while_the_answers_are_about_another_release) {
    agent.to_query = agent.to_cancel = Heard::accepted;
    agent.about.order_id = "order-of-deleted-rows";
    stop();
    clock.advance(Millis{10'000});
    EXPECT_GT(agent.cancels, 3);
    agent.about.order_id = "order-a";
    clock.advance(Millis{10'000});
    const int settled = agent.cancels;
    clock.advance(Millis{60'000});
    EXPECT_EQ(agent.cancels, settled);
}

TEST_F(Dispatching, asks_for_no_content_that_no_node_can_hold) {
    agent.holds_content = true;
    agent.to_dispatch = agent.to_query = Heard::accepted;
    start(false);
    clock.advance(Millis{1'000});
    EXPECT_EQ(agent.questions, 0);
    EXPECT_EQ(agent.references, 0);
}

TEST_F(Dispatching, lets_no_request_outlive_the_nodes_time_by_more_than_the_grace) {
    const Millis grace = release::ConversationRules().grace;
    agent.to_dispatch = agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::running;
    start(false);
    clock.advance(Millis{10});
    EXPECT_EQ(agent.at_most, Millis{600'000} + grace);
    clock.advance(Millis{599'000});
    EXPECT_LE(agent.at_most, Millis{3'000} + grace);
    release::CancelTask what;
    what.task_id = "apply_config_127.0.0.1_42";
    what.deadline = clock.now() + Millis{5'000};
    dispatcher.cancel(std::move(what), release::Order{}, lifeline);
    clock.advance(Millis{10});
    EXPECT_LE(agent.at_most, Millis{5'000});
    clock.advance(Millis{60'000});
    const int cancels = agent.cancels;
    clock.advance(Millis{60'000});
    EXPECT_EQ(agent.cancels, cancels) << "past its time the agent ends the task by itself";
}

TEST_F(Dispatching, tells_what_is_in_the_way_and_when_it_is_over) {
    agent.to_dispatch = Heard::server_error;
    agent.message = "503: disk full";
    start(false);
    clock.advance(Millis{1'000});
    EXPECT_TRUE(troubles.empty()) << "a moment's trouble is nobody's business";
    clock.advance(Millis{20'000});
    ASSERT_EQ(troubles, std::vector<std::string>{"refusing: 503: disk full"});

    agent.to_dispatch = agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::running;
    clock.advance(Millis{20'000});
    EXPECT_EQ(troubles, (std::vector<std::string>{"refusing: 503: disk full", ""}));
    lifeline->is_cut = true;
}

TEST_F(Dispatching, tells_that_what_an_earlier_process_wrote_is_over) {
    agent.to_query = Heard::accepted;
    agent.status = release::TaskStatus::running;
    start(true, {release::ReasonKind::refusing, "503: disk full"});
    clock.advance(Millis{10});
    EXPECT_EQ(troubles, std::vector<std::string>{""});
    lifeline->is_cut = true;
}

TEST_F(Dispatching, believes_no_answer_about_another_payload_of_a_job) {
    auto whole = std::make_shared<Parcel>(*parcel);
    whole->type = release::TaskType::run_job;
    whole->compared_sha256 = std::string(64, 'a');
    parcel = whole;
    agent.to_query = agent.to_dispatch = Heard::accepted;
    agent.status = release::TaskStatus::success;
    agent.about.type = "run_job";
    agent.about.sha256 = std::string(64, 'b');
    start(true);
    clock.advance(Millis{20'000});
    for (const auto& report : reports)
        EXPECT_NE(report.verdict.status, release::NodeStatus::success);

    agent.about.sha256 = whole->compared_sha256;
    reports.clear();
    start(true);
    clock.advance(Millis{20'000});
    ASSERT_FALSE(reports.empty());
    EXPECT_EQ(reports.back().verdict.status, release::NodeStatus::success);
}

TEST_F(Dispatching, waits_out_the_pause_before_a_retry) {
    release::StartConversation what;
    what.task_id = "apply_config_127.0.0.1_42_2";
    what.not_before = clock.now() + Millis{4'000};
    what.deadline = clock.now() + Millis{600'000};
    dispatcher.start(std::move(what), parcel, lifeline);
    clock.advance(Millis{4'900});  // jitter of half of a half: 5 s
    EXPECT_EQ(agent.dispatches, 0);
    clock.advance(Millis{1'000});
    EXPECT_GT(agent.dispatches, 0);
}

}  // namespace
}  // namespace edgeroll::control
