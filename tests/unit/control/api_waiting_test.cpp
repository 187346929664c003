#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "control/api/rfc3339.hpp"
#include "control/api/waiting.hpp"

namespace edgeroll::control::api {
namespace {

using release::BatchStatus;
using release::NodeStatus;
using release::ReasonKind;
using release::ReleaseStatus;

ReleaseSummary pending() {
    ReleaseSummary release;
    release.status = ReleaseStatus::pending;
    return release;
}

ReleaseSummary running() {
    ReleaseSummary release;
    release.status = ReleaseStatus::running;
    release.batch_status = BatchStatus::running;
    release.current_batch = 2;
    release.has_lease = true;
    return release;
}

std::string reason(const ReleaseSummary& release) {
    return waiting_for(release).at("reason").get<std::string>();
}

bool says(const ReleaseSummary& release, const char* words) {
    return reason(release).find(words) != std::string::npos;
}

TEST(ApiWaiting, finished_ones_wait_for_nothing) {
    for (const auto status :
         {ReleaseStatus::success, ReleaseStatus::failed, ReleaseStatus::cancelled}) {
        ReleaseSummary release;
        release.status = status;
        release.last_error = "2 nodes failed";
        EXPECT_TRUE(waiting_for(release).is_null());
    }
}

TEST(ApiWaiting, tells_nodes_that_joined_from_batches) {
    ReleaseSummary release = running();
    release.current_batch = 1;
    release.started_batch = 0;
    std::vector<ReleaseNodeView> nodes(2);
    nodes[0].batch = 0;
    nodes[0].status = NodeStatus::running;
    nodes[1].batch = 1;
    nodes[1].status = NodeStatus::success;
    WaitingFacts facts;
    facts.nodes = nodes;
    EXPECT_EQ(waiting_for(release, facts)["reason"], "1 joined node in progress");
}

TEST(ApiWaiting, names_the_time_when_not_due) {
    ReleaseSummary release = pending();
    release.is_due = false;
    release.not_before = "2026-05-01T08:00:00.000Z";
    const auto waiting = waiting_for(release);
    EXPECT_EQ(waiting["until"], "2026-05-01T08:00:00.000Z");
    EXPECT_EQ(waiting["reason"], "not before 2026-05-01T08:00:00.000Z");
    EXPECT_TRUE(waiting["nodes"].empty());
}

TEST(ApiWaiting, names_what_is_missing_of_a_half_inserted_one) {
    ReleaseSummary release = pending();
    release.last_error = "3 of 5 node rows are there";
    EXPECT_EQ(reason(release), "3 of 5 node rows are there");
}

TEST(ApiWaiting, says_that_nodes_go_alone_until_one_has_proven_the_content) {
    ReleaseSummary release = running();
    release.counts.running = 1;
    std::vector<ReleaseNodeView> nodes(4);
    nodes[0].status = NodeStatus::deferred;
    nodes[1].status = NodeStatus::running;
    nodes[1].batch = nodes[2].batch = nodes[3].batch = 2;
    const auto told = [&] {
        WaitingFacts facts;
        facts.nodes = nodes;
        return waiting_for(release, facts).at("reason").get<std::string>();
    };
    EXPECT_EQ(told(),
              "1 node of batch 2 in progress; no node has proven the content yet: it goes "
              "alone until it has");
    nodes[2].status = NodeStatus::success;
    nodes[2].attempt = 1;
    EXPECT_EQ(told(), "1 node of batch 2 in progress");
    release.batch_config = R"({"min_evidence":"verify"})";
    nodes[2].evidence = "check";
    EXPECT_NE(told().find("no node has proven the content yet by a verify (min_evidence)"),
              std::string::npos);
    nodes[2].evidence = "check,verify_cmd";
    EXPECT_EQ(told(), "1 node of batch 2 in progress");
}

TEST(ApiWaiting, names_the_earlier_releases) {
    ReleaseSummary release = pending();
    release.blockers = {release::Version{40}, release::Version{41}};
    EXPECT_TRUE(says(release, "versions 40, 41"));
    release.blockers.pop_back();
    EXPECT_TRUE(says(release, "version 40,"));
}

TEST(ApiWaiting, names_the_owner_of_one_that_is_being_started_and_the_end_of_its_claim) {
    ReleaseSummary release = pending();
    release.has_lease = true;
    release.claimed_by = "control-b/77";
    release.lease_until = "2026-05-01T08:00:15.000Z";
    EXPECT_EQ(reason(release),
              "is being started by control-b/77 (its claim lasts until 2026-05-01T08:00:15.000Z)");
    release = running();
    release.claimed_by = "control-b/77";
    EXPECT_EQ(reason(release), "the next batch is being started by control-b/77");
}

TEST(ApiWaiting, says_that_agents_refuse_and_until_when) {
    ReleaseSummary release = running();
    release.counts.running = 3;
    std::vector<ReleaseNodeView> nodes(3);
    for (ReleaseNodeView& node : nodes)
        node.status = NodeStatus::running;
    nodes[0].name = "edge-1";
    nodes[0].started_at = "2026-05-01T08:00:01.000Z";
    nodes[0].reason = ReasonKind::refusing;
    nodes[0].trouble = "edge-1 at 10.0.0.1:8443: 503: disk full";
    nodes[0].trouble_until = "2026-05-01T08:01:01.000Z";
    nodes[0].tried = 2;
    nodes[1].name = "edge-2";
    nodes[1].started_at = "2026-05-01T08:00:00.000Z";
    nodes[1].reason = ReasonKind::refusing;
    nodes[1].trouble = "edge-2 at 10.0.0.2:8443: 503: queue full";
    nodes[1].trouble_until = "2026-05-01T08:01:00.000Z";
    nodes[1].tried = 1;
    nodes[2].name = "edge-3";
    nodes[2].error = "refusing: what a sentence says; attempt 1 failed";  // is for people
    nodes[2].tried = 1;
    WaitingFacts facts;
    facts.nodes = nodes;

    const auto waiting = waiting_for(release, facts);
    EXPECT_EQ(
        waiting["reason"],
        "3 nodes of batch 2 in progress, 1 of them tried again after a failure; 2 nodes "
        "refuse the task, until 2026-05-01T08:01:00.000Z at most (edge-2 at 10.0.0.2:8443: 503: "
        "queue full)");
    ASSERT_EQ(waiting["troubled"].size(), 1U);
    const auto& refusing = waiting["troubled"][0];
    EXPECT_EQ(refusing["kind"], "refusing");
    EXPECT_EQ(refusing["count"], 2);
    EXPECT_EQ(refusing["nodes"].dump(), R"(["edge-2","edge-1"])");
    EXPECT_EQ(refusing["since"], "2026-05-01T08:00:00.000Z");
    EXPECT_EQ(refusing["until"], "2026-05-01T08:01:00.000Z");
    EXPECT_EQ(refusing["message"], "edge-2 at 10.0.0.2:8443: 503: queue full");
    EXPECT_TRUE(waiting_for(running())["troubled"].empty());
}

TEST(ApiWaiting, says_when_nobody_runs_releases) {
    EXPECT_TRUE(says(pending(), "waits for a control process"));
    ReleaseSummary release = running();
    release.has_lease = false;
    EXPECT_TRUE(says(release, "no control process holds its claim"));
}

TEST(ApiWaiting, names_the_nodes_in_progress) {
    ReleaseSummary release = running();
    release.counts.running = 2;
    std::vector<ReleaseNodeView> nodes(3);
    nodes[0].name = "edge-1";
    nodes[0].status = NodeStatus::success;
    nodes[1].name = "edge-2";
    nodes[1].status = NodeStatus::running;
    nodes[2].id = release::NodeId{9};
    nodes[2].status = NodeStatus::running;
    nodes[1].started_at = "2026-05-01T08:00:10.000Z";
    nodes[2].started_at = "2026-05-01T08:00:00.500Z";
    WaitingFacts facts;
    facts.nodes = nodes;
    auto waiting = waiting_for(release, facts);
    EXPECT_EQ(waiting["reason"], "2 nodes of batch 2 in progress");
    EXPECT_EQ(waiting["nodes"], release::wire::Json::array({"edge-2", "#9"}));
    EXPECT_TRUE(waiting["until"].is_null()) << "nobody said how long a node may work";
    facts.node_timeout = release::Millis{600'000};
    waiting = waiting_for(release, facts);
    EXPECT_EQ(waiting["until"], "2026-05-01T08:10:00.500Z") << "the first to run out of time";
    release.batch_config = R"({"node_timeout_sec":1.5})";
    EXPECT_EQ(waiting_for(release, facts)["until"], "2026-05-01T08:00:02.000Z");
}

TEST(ApiWaiting, ends_with_the_nearest_of_the_times_that_run_out) {
    ReleaseSummary release = running();
    release.counts.running = 1;
    release.type = "purge_cache";
    release.started_at = "2026-05-01T08:00:00.000Z";
    std::vector<ReleaseNodeView> nodes(1);
    nodes[0].status = NodeStatus::running;
    nodes[0].started_at = "2026-05-01T08:01:00.000Z";
    WaitingFacts facts;
    facts.nodes = nodes;
    facts.node_timeout = release::Millis{600'000};
    const auto until = [&] { return waiting_for(release, facts)["until"]; };
    EXPECT_EQ(until(), "2026-05-01T08:06:00.000Z") << "a purge has five minutes";
    release.batch_config = R"({"release_timeout_sec":200,"batch_timeout_sec":100})";
    release.paused = release::Millis{20'000};
    release.batch_work_start = release::Millis{60'000};
    EXPECT_EQ(until(), "2026-05-01T08:03:00.000Z") << "the batch began after 60 s of work";
    release.batch_config = R"({"release_timeout_sec":150,"batch_timeout_sec":100})";
    EXPECT_EQ(until(), "2026-05-01T08:02:50.000Z") << "pauses do not count";
    nodes[0].tried = 2;
    EXPECT_EQ(waiting_for(release, facts)["reason"],
              "1 node of batch 2 in progress, 1 of them tried again after a failure");
}

TEST(ApiWaiting, says_that_a_node_goes_alone_until_the_content_is_proven) {
    ReleaseSummary release = running();
    release.counts.running = 1;
    std::vector<ReleaseNodeView> nodes(3);
    nodes[0].status = NodeStatus::deferred;
    nodes[0].attempt = 1;
    nodes[1].status = NodeStatus::running;
    nodes[1].batch = nodes[2].batch = 2;
    WaitingFacts facts;
    facts.nodes = nodes;
    const auto text = [&] { return waiting_for(release, facts)["reason"].get<std::string>(); };
    EXPECT_NE(text().find("no node has proven the content yet"), std::string::npos) << text();
    nodes[0].status = NodeStatus::success;
    EXPECT_EQ(text().find("proven"), std::string::npos) << text();
}

TEST(ApiWaiting, names_the_final_look) {
    ReleaseSummary release = running();
    release.status = ReleaseStatus::paused;
    release.batch_status = BatchStatus::paused;
    release.hold = release::Hold::bake;
    release.current_batch = release.total_batches = 2;
    std::vector<ReleaseNodeView> nodes(2);
    nodes[0].status = nodes[1].status = NodeStatus::success;
    nodes[1].batch = 2;
    WaitingFacts facts;
    facts.nodes = nodes;
    EXPECT_EQ(waiting_for(release, facts)["reason"], "bakes after the last batch");
}

TEST(ApiWaiting, says_when_a_lane_is_full) {
    ReleaseSummary release = running();
    release.counts.running = 2;
    release.batch_config = R"({"max_parallel":2})";
    std::vector<ReleaseNodeView> nodes(4);
    nodes[0].status = NodeStatus::success;
    nodes[1].status = nodes[2].status = NodeStatus::running;
    nodes[1].batch = nodes[2].batch = nodes[3].batch = 2;
    const std::vector<FullPool> lanes{{"region", "eu", 1, 1}, {"region", "", 1, 2}};
    WaitingFacts facts;
    facts.nodes = nodes;
    const auto text = [&] { return waiting_for(release, facts)["reason"].get<std::string>(); };
    EXPECT_NE(text().find("max_parallel is 2, 2 are running"), std::string::npos) << text();
    nodes[3].batch = 3;
    EXPECT_EQ(text().find("max_parallel"), std::string::npos) << "nobody of this batch waits";
    facts.full_pools = lanes;
    EXPECT_NE(text().find("region=eu is full: 1 of 1"), std::string::npos) << text();
    EXPECT_NE(text().find("nodes without region is full: 2 of 1"), std::string::npos) << text();
}

TEST(ApiWaiting, knows_every_hold_and_its_end) {
    ReleaseSummary release = running();
    release.status = ReleaseStatus::paused;
    release.batch_status = BatchStatus::paused;
    release.hold_until = "2026-05-01T08:00:00.000Z";
    const std::vector<std::pair<release::Hold, const char*>> timed{
        {release::Hold::bake, "bakes after batch 2"},
        {release::Hold::gate, "asks the gate after batch 2"},
        {release::Hold::interval, "batch_interval_sec"},
        {release::Hold::window, "waits for its window after batch 2"}};
    release.batch_config = R"({"windows":[{"from":"01:00","to":"05:00","tz":"+08:00"}]})";
    for (const auto& [hold, words] : timed) {
        release.hold = hold;
        EXPECT_TRUE(says(release, words)) << reason(release);
        EXPECT_EQ(waiting_for(release)["until"], release.hold_until);
    }
    release.requested_action = "pause";
    EXPECT_TRUE(says(release, "a pause was asked for"));
    release.requested_action.clear();
    release.has_lease = false;
    EXPECT_TRUE(says(release, "no control process"));
    release.hold = release::Hold::review;
    EXPECT_TRUE(says(release, "until somebody continues"));
    EXPECT_TRUE(waiting_for(release)["until"].is_null());
    release.hold = release::Hold::violation;
    release.last_error = "invariant I1";
    EXPECT_TRUE(says(release, "is paused: invariant I1"));
}

TEST(ApiWaiting, speaks_of_no_window_where_there_is_none) {
    ReleaseSummary release = running();
    release.status = ReleaseStatus::paused;
    release.hold = release::Hold::window;
    release.hold_until = "2026-05-01T08:00:00.000Z";
    for (const char* config : {"", R"({"pause_after_batch":true})", R"({"windows":[]})"}) {
        release.batch_config = config;
        EXPECT_EQ(reason(release), "is about to continue") << config;
        EXPECT_TRUE(waiting_for(release)["until"].is_null());
        EXPECT_EQ(shown_hold(release), release::Hold::none);
    }
    release.has_lease = false;
    EXPECT_TRUE(says(release, "is about to continue; no control process"));
    release.batch_config = R"({"windows":[{"from":"01:00","to":"05:00"}]})";
    EXPECT_EQ(shown_hold(release), release::Hold::window);
}

TEST(ApiWaiting, says_that_a_pause_waits_for_what_runs) {
    ReleaseSummary release = running();
    release.status = ReleaseStatus::paused;
    release.hold = release::Hold::review;
    release.counts.running = 1;
    EXPECT_EQ(reason(release),
              "waits for 1 running node to finish first, then is paused in batch 2 until somebody "
              "continues or stops it");
    release.hold = release::Hold::none;
    release.counts.running = 3;
    EXPECT_EQ(reason(release),
              "waits for 3 running nodes to finish first, then is paused until somebody continues "
              "or stops it");
    release.has_lease = false;
    EXPECT_TRUE(says(release, "; no control process holds its claim"));
    // No node runs any more, but nodes of the batch are still pending.
    release.hold = release::Hold::review;
    release.counts.running = 0;
    std::vector<ReleaseNodeView> nodes(3);
    nodes[0].status = nodes[1].status = NodeStatus::success;
    nodes[1].batch = nodes[2].batch = 5;
    WaitingFacts facts;
    facts.nodes = nodes;
    const auto text = [&] { return waiting_for(release, facts)["reason"].get<std::string>(); };
    EXPECT_EQ(text().find("is paused in batch 2 until"), 0U) << text();
    nodes[2].batch = 6;
    EXPECT_EQ(text().find("is paused after batch 2 until"), 0U) << text();
}

TEST(ApiWaiting, names_the_failed_nodes_that_an_operator_decides_about) {
    ReleaseSummary release = running();
    release.status = ReleaseStatus::paused;
    release.hold = release::Hold::failure;
    release.last_error = "node edge-2: no space";
    std::vector<ReleaseNodeView> nodes(2);
    nodes[0].status = NodeStatus::success;
    nodes[1].name = "edge-2";
    nodes[1].status = NodeStatus::failed;
    WaitingFacts facts;
    facts.nodes = nodes;
    EXPECT_EQ(waiting_for(release, facts)["nodes"], release::wire::Json::array({"edge-2"}));
    EXPECT_TRUE(says(release, "node edge-2: no space; continue waives"));
}

TEST(ApiWaiting, says_when_a_half_inserted_one_is_given_up) {
    ReleaseSummary release = pending();
    release.last_error = "waiting for node rows: 3 of 5 are there";
    release.rows_until = "2026-05-01T08:01:00.000Z";
    EXPECT_EQ(waiting_for(release)["until"], release.rows_until);
    release.is_due = false;
    release.not_before = "2026-06-01T08:00:00.000Z";
    EXPECT_EQ(waiting_for(release)["until"], release.not_before) << "never before that";
}

TEST(ApiWaiting, knows_what_an_operator_asked_for) {
    ReleaseSummary release = running();
    release.counts.running = 1;
    release.requested_action = "pause";
    EXPECT_TRUE(says(release, "pauses when this batch is done"));
    release.requested_action = "stop";
    EXPECT_TRUE(says(release, "1 running node must end first"));
    release.requested_action.clear();
    release.status = ReleaseStatus::paused;
    release.counts.running = 0;
    EXPECT_TRUE(says(release, "is paused until"));
    release.last_error = "invariant I1";
    EXPECT_TRUE(says(release, "is paused: invariant I1"));
    release.requested_action = "continue";
    EXPECT_TRUE(says(release, "about to continue"));
}

TEST(ApiTime, adds_up) {
    EXPECT_EQ(later_time("2026-12-31T23:59:59.500Z", release::Millis{1500}),
              "2027-01-01T00:00:01.000Z");
    EXPECT_FALSE(later_time("soon", release::Millis{1}));
}

TEST(ApiTime, reads_every_form_of_rfc_3339) {
    EXPECT_EQ(normal_time("2026-01-31T08:00:00Z"), "2026-01-31T08:00:00.000Z");
    EXPECT_EQ(normal_time("2026-01-31t08:00:00.5z"), "2026-01-31T08:00:00.500Z");
    EXPECT_EQ(normal_time("2026-01-31T08:00:00.123456789+08:00"), "2026-01-31T00:00:00.123Z");
    EXPECT_EQ(normal_time("2026-12-31T23:30:00-01:00"), "2027-01-01T00:30:00.000Z");
    EXPECT_EQ(normal_time("2024-02-29 00:00:00Z"), "2024-02-29T00:00:00.000Z");
    for (const char* bad :
         {"", "2026", "2026-1-31T08:00:00Z", "2025-02-29T00:00:00Z", "2026-01-31T08:00:60Z",
          "2026-01-31T08:00Z", "2026-01-31T08:00:00+0800", "1969-12-31T00:00:00Z",
          "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "-026-01-01T00:00:00Z"}) {
        EXPECT_FALSE(normal_time(bad)) << bad;
    }
}

}  // namespace
}  // namespace edgeroll::control::api
