#include "release/actions.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace edgeroll::release {
namespace {

using RulingKind = Ruling::Kind;

SteeringState running(int batch) {
    SteeringState state;
    state.status = ReleaseStatus::running;
    state.batch_status = BatchStatus::running;
    state.current_batch = batch;
    state.total_batches = 3;
    return state;
}

SteeringState paused(Hold hold) {
    SteeringState state = running(1);
    state.status = ReleaseStatus::paused;
    state.batch_status = BatchStatus::paused;
    state.hold = hold;
    return state;
}

SteeringState finished(ReleaseStatus status) {
    SteeringState state = running(3);
    state.status = status;
    state.batch_status =
        status == ReleaseStatus::success ? BatchStatus::completed : BatchStatus::stopped;
    return state;
}

RulingKind kind(Steering action, const SteeringState& state) {
    return judge(action, state).kind;
}

TEST(Actions, pauses_only_before_a_batch_to_come) {
    EXPECT_EQ(kind(Steering::pause, running(2)), RulingKind::allowed);
    EXPECT_EQ(kind(Steering::pause, running(3)), RulingKind::refused);
    EXPECT_EQ(kind(Steering::pause, SteeringState{}), RulingKind::allowed)
        << "pending, no batch known";
    SteeringState asked = running(1);
    asked.requested = Action::pause;
    EXPECT_EQ(kind(Steering::pause, asked), RulingKind::repeated);
    asked.requested = Action::stop;
    EXPECT_EQ(kind(Steering::pause, asked), RulingKind::refused);
}

TEST(Actions, holds_what_would_go_on_by_itself) {
    for (const Hold hold : {Hold::bake, Hold::gate, Hold::interval, Hold::window}) {
        EXPECT_EQ(kind(Steering::pause, paused(hold)), RulingKind::allowed);
        EXPECT_EQ(kind(Steering::resume, paused(hold)), RulingKind::allowed);
    }
    for (const Hold hold : {Hold::none, Hold::review, Hold::failure, Hold::violation}) {
        EXPECT_EQ(kind(Steering::pause, paused(hold)), RulingKind::refused);
        EXPECT_EQ(kind(Steering::resume, paused(hold)), RulingKind::allowed);
    }
}

TEST(Actions, opposite_requests_take_each_other_back) {
    SteeringState state = running(1);
    state.requested = Action::pause;
    EXPECT_EQ(kind(Steering::resume, state), RulingKind::withdraws);
    state = paused(Hold::failure);
    state.requested = Action::resume;
    EXPECT_EQ(kind(Steering::pause, state), RulingKind::withdraws);
    EXPECT_EQ(kind(Steering::resume, state), RulingKind::repeated);
}

TEST(Actions, continues_only_what_is_paused) {
    EXPECT_EQ(kind(Steering::resume, running(1)), RulingKind::refused);
    EXPECT_EQ(kind(Steering::resume, SteeringState{}), RulingKind::refused);
    SteeringState stopping = paused(Hold::review);
    stopping.requested = Action::stop;
    EXPECT_EQ(kind(Steering::resume, stopping), RulingKind::refused) << "a stop cannot be undone";
}

TEST(Actions, stops_every_unfinished_state_and_says_the_state_otherwise) {
    EXPECT_EQ(kind(Steering::stop, SteeringState{}), RulingKind::allowed);
    EXPECT_EQ(kind(Steering::stop, running(3)), RulingKind::allowed);
    EXPECT_EQ(kind(Steering::stop, paused(Hold::gate)), RulingKind::allowed);
    SteeringState stopping = running(1);
    stopping.requested = Action::stop;
    EXPECT_EQ(kind(Steering::stop, stopping), RulingKind::repeated);
    for (const auto status :
         {ReleaseStatus::success, ReleaseStatus::failed, ReleaseStatus::cancelled}) {
        const Ruling ruling = judge(Steering::stop, finished(status));
        EXPECT_EQ(ruling.kind, RulingKind::refused);
        EXPECT_NE(ruling.message.find(to_text(status)), std::string::npos) << ruling.message;
        EXPECT_EQ(kind(Steering::limit, finished(status)), RulingKind::refused);
    }
    EXPECT_EQ(kind(Steering::limit, running(1)), RulingKind::allowed);
}

TEST(Actions, retries_failures_and_deferred_nodes_of_a_success) {
    EXPECT_EQ(kind(Steering::retry, finished(ReleaseStatus::failed)), RulingKind::allowed);
    EXPECT_EQ(kind(Steering::retry, finished(ReleaseStatus::cancelled)), RulingKind::refused);
    EXPECT_EQ(kind(Steering::retry, running(1)), RulingKind::refused);
    SteeringState rollback = finished(ReleaseStatus::cancelled);
    rollback.is_rollback = true;
    EXPECT_EQ(kind(Steering::retry, rollback), RulingKind::allowed)
        << "nothing else could go on with it";
    SteeringState state = finished(ReleaseStatus::success);
    EXPECT_EQ(kind(Steering::retry, state), RulingKind::refused);
    state.deferred_nodes = 2;
    EXPECT_EQ(kind(Steering::retry, state), RulingKind::allowed);
    state.rolled_back_by = ReleaseId{8};
    EXPECT_EQ(kind(Steering::retry, state), RulingKind::refused);
}

TEST(Actions, rolls_back_what_is_finished_once) {
    for (const auto status :
         {ReleaseStatus::success, ReleaseStatus::failed, ReleaseStatus::cancelled}) {
        EXPECT_EQ(kind(Steering::rollback, finished(status)), RulingKind::allowed);
    }
    EXPECT_EQ(kind(Steering::rollback, running(1)), RulingKind::refused);
    SteeringState state = finished(ReleaseStatus::success);
    state.rolled_back_by = ReleaseId{8};
    EXPECT_NE(judge(Steering::rollback, state).message.find("release 8"), std::string::npos);
    state = finished(ReleaseStatus::success);
    state.is_reload_only = true;
    EXPECT_EQ(kind(Steering::rollback, state), RulingKind::refused);
    state = finished(ReleaseStatus::success);
    state.type = TaskType::purge_cache;
    EXPECT_EQ(kind(Steering::rollback, state), RulingKind::refused);
}

TEST(Actions, the_documented_table_is_the_one_of_the_code) {
    const std::string path = EDGEROLL_DOCS "/steering.md";
    std::ostringstream read;
    read << std::ifstream(path).rdbuf();
    std::string page = read.str();
    const std::string begin = "<!-- made by the code: begin -->\n";
    const auto first = page.find(begin);
    const auto last = page.find("<!-- made by the code: end -->");
    ASSERT_TRUE(first != page.npos && last != page.npos) << path << " lacks the two marks";
    const auto start = first + begin.size();
    const std::string wanted = "\n" + steering_table() + "\n";
    if (std::getenv("EDGEROLL_WRITE_DOCS") != nullptr) {
        page.replace(start, last - start, wanted);
        std::ofstream(path) << page;
        return;
    }
    EXPECT_EQ(page.substr(start, last - start), wanted)
        << "docs/steering.md is not what the code says. To write it anew: EDGEROLL_WRITE_DOCS=1 "
           "build/asan/bin/unit_release --gtest_filter='Actions.the_documented*'";
}

}  // namespace
}  // namespace edgeroll::release
