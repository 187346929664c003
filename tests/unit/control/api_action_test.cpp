#include "api_fixture.hpp"

namespace edgeroll::control::api {
namespace {

using release::Steering;
const std::string one = "/api/v1/releases/7";

class ApiAction : public ApiTest {
  protected:
    ApiAction() {
        store.view.summary.id = release::ReleaseId{7};
        store.view.summary.status = release::ReleaseStatus::running;
        store.view.summary.batch_status = release::BatchStatus::running;
        store.view.summary.current_batch = 1;
        store.view.summary.total_batches = 2;
        store.view.summary.has_lease = true;
    }
    std::string viewer() { return std::string("Bearer ") + viewer_token; }
};

TEST_F(ApiAction, pauses_continues_and_stops) {
    store.view.summary.requested_action = "pause";
    const Said said = ask("POST", one + "/pause-batch", R"({"reason":"lunch"})");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_EQ(store.steering.id.value, 7);
    EXPECT_EQ(store.steering.action, Steering::pause);
    EXPECT_EQ(store.steering.actor, "root");
    EXPECT_EQ(store.steering.reason, "lunch");
    EXPECT_EQ(said.data()["releaseId"], 7);
    EXPECT_EQ(said.data()["status"], "running");
    EXPECT_EQ(said.data()["batchStatus"], "running");
    EXPECT_EQ(said.data()["requestedAction"], "pause");
    EXPECT_TRUE(said.data()["waitingFor"].is_object());
    EXPECT_EQ(said.data().size(), 5U);
    EXPECT_EQ(steered, 1) << "the executor is told to look";
    EXPECT_EQ(ask("POST", one + "/continue-batch").status, 200) << "an empty body is fine";
    EXPECT_EQ(store.steering.action, Steering::resume);
    EXPECT_EQ(ask("POST", one + "/stop-batch", "{}").status, 200);
    EXPECT_EQ(store.steering.action, Steering::stop);
    EXPECT_EQ(steered, 3);
}

TEST_F(ApiAction, stops_by_force_and_names_whom_it_gives_up) {
    store.force_stopped.view = store.view;
    store.force_stopped.view.summary.requested_action = "stop";
    store.force_stopped.given_up = {
        {release::NodeId{3}, "edge-3", 2, 1, "apply_config_10.0.0.3_42"}};
    const Said said = ask("POST", one + "/stop-batch", R"({"force":true,"reason":"cut off"})");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_EQ(store.calls, std::vector<std::string>{"force_stop"});
    EXPECT_EQ(store.force_stop_wanted.id.value, 7);
    EXPECT_EQ(store.force_stop_wanted.actor, "root");
    EXPECT_EQ(store.force_stop_wanted.reason, "cut off");
    EXPECT_EQ(said.data()["requestedAction"], "stop");
    EXPECT_EQ(said.data()["nodes"], Json::parse(R"([{"nodeId":3,"nodeName":"edge-3","batch":2}])"));
    EXPECT_EQ(steered, 1) << "the executor is told to look";

    const Said plain = ask("POST", one + "/stop-batch", R"({"force":false})");
    ASSERT_EQ(plain.status, 200) << "a plain stop needs no reason";
    EXPECT_EQ(store.calls.back(), "steer");
    EXPECT_FALSE(plain.data().contains("nodes"));
}

TEST_F(ApiAction, stops_by_force_only_with_a_reason_and_while_there_is_something_to_stop) {
    for (const char* body : {R"({"force":true})", R"({"force":true,"reason":""})",
                             R"({"force":true,"reason":" \n"})"}) {
        const Said said = ask("POST", one + "/stop-batch", body);
        EXPECT_EQ(said.status, 400) << body;
        EXPECT_EQ(said.code(), 2002) << body;
        EXPECT_NE(said.message().find("'reason'"), std::string::npos) << said.message();
    }
    for (const char* action : {"pause-batch", "continue-batch"}) {
        const Said said = ask("POST", one + "/" + action, R"({"force":true,"reason":"x"})");
        EXPECT_EQ(said.code(), 2002) << action;
    }
    EXPECT_EQ(ask("POST", one + "/stop-batch", R"({"force":"yes","reason":"x"})").code(), 2002);
    EXPECT_TRUE(store.calls.empty());
    EXPECT_EQ(
        ask_as(viewer(), "POST", one + "/stop-batch", R"({"force":true,"reason":"x"})").status,
        403);
    store.error = release::Error{"stop is refused: the release is cancelled: it is over",
                                 release::Outcome::permanent, 3003};
    const Said over = ask("POST", one + "/stop-batch", R"({"force":true,"reason":"x"})");
    EXPECT_EQ(over.status, 409);
    EXPECT_EQ(over.code(), 3003);
    EXPECT_EQ(over.message(), store.error->message);
    EXPECT_EQ(steered, 0);
}

TEST_F(ApiAction, is_for_admins_only) {
    for (const char* action :
         {"pause-batch", "continue-batch", "stop-batch", "retry", "rollback"}) {
        const Said said = ask_as(viewer(), "POST", one + "/" + action);
        EXPECT_EQ(said.status, 403) << action;
        EXPECT_EQ(said.code(), 1004) << action;
    }
    EXPECT_EQ(ask_as(viewer(), "PATCH", one, R"({"max_parallel":1})").code(), 1004);
    EXPECT_EQ(ask_as("", "POST", one + "/retry").code(), 1001);
    EXPECT_TRUE(store.calls.empty());
    EXPECT_EQ(steered, 0);
    EXPECT_EQ(ask_as(viewer(), "GET", "/api/v1/stats").status, 200);
}

TEST_F(ApiAction, says_which_state_refuses_it) {
    store.error = release::Error{"pause is refused: the release is failed: it is over",
                                 release::Outcome::permanent, 3003};
    const Said said = ask("POST", one + "/pause-batch");
    EXPECT_EQ(said.status, 409);
    EXPECT_EQ(said.code(), 3003);
    EXPECT_EQ(said.message(), store.error->message);
    EXPECT_EQ(steered, 0);
}

TEST_F(ApiAction, refuses_bodies_that_it_does_not_know) {
    for (const char* body : {"[]", "{", R"({"reasons":"x"})", R"({"reason":5})",
                             R"({"reason":"a","reason":"b"})", R"({"nodes":[1]})"}) {
        EXPECT_EQ(ask("POST", one + "/pause-batch", body).code(), 2002) << body;
    }
    for (const char* body : {R"({"nodes":[]})", R"({"nodes":1})", R"({"nodes":[0]})",
                             R"({"nodes":[""]})", R"({"nodes":[1.5]})", R"({"nodes":[null]})"}) {
        EXPECT_EQ(ask("POST", one + "/retry", body).code(), 2002) << body;
    }
    EXPECT_EQ(ask("POST", one + "/rollback", R"({"force":"yes"})").code(), 2002);
    for (const char* body : {"", "{}", R"({"reason":"x"})", R"({"maxParallel":1})"}) {
        EXPECT_EQ(ask("PATCH", one, body).code(), 2002) << body;
    }
    EXPECT_EQ(ask("POST", "/api/v1/releases/x/retry").code(), 2002);
    EXPECT_EQ(ask("POST", one + "/retry?now=1").code(), 2002);
    EXPECT_TRUE(store.calls.empty());
}

TEST_F(ApiAction, retries_all_or_those_named) {
    store.retried.view = store.view;
    store.retried.view.summary.status = release::ReleaseStatus::pending;
    store.retried.view.summary.batch_status = release::BatchStatus::none;
    store.retried.nodes = {{release::NodeId{3}, "edge-3", 2, release::NodeStatus::failed}};
    Said said = ask("POST", one + "/retry", R"({"nodes":[3,"edge-4"],"reason":"mended"})");
    ASSERT_EQ(said.status, 200) << said.body;
    ASSERT_EQ(store.retry_wanted.nodes.size(), 2U);
    EXPECT_EQ(std::get<release::NodeId>(store.retry_wanted.nodes[0]).value, 3);
    EXPECT_EQ(std::get<std::string>(store.retry_wanted.nodes[1]), "edge-4");
    EXPECT_EQ(store.retry_wanted.reason, "mended");
    EXPECT_EQ(said.data()["status"], "pending");
    EXPECT_EQ(said.data()["batchStatus"], nullptr);
    EXPECT_EQ(said.data()["nodes"], Json::parse(R"([{"nodeId":3,"nodeName":"edge-3","batch":2}])"));
    EXPECT_EQ(steered, 1);
    EXPECT_EQ(ask("POST", one + "/retry").status, 200);
    EXPECT_TRUE(store.retry_wanted.nodes.empty());
}

TEST_F(ApiAction, rolls_back) {
    store.rolled_back.created.id = release::ReleaseId{12};
    store.rolled_back.created.version = release::Version{43};
    store.rolled_back.created.plan = {{release::NodeId{1}, 1, release::Version{40}},
                                      {release::NodeId{2}, 2, release::Version{40}}};
    store.rolled_back.left_alone = {{release::NodeId{3}, "edge-3", "never seen"}};
    const Said said = ask("POST", one + "/rollback", R"({"force":true})");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_TRUE(store.rollback_wanted.is_forced);
    EXPECT_EQ(store.rollback_wanted.id.value, 7);
    EXPECT_EQ(said.data()["releaseId"], 12);
    EXPECT_EQ(said.data()["version"], 43);
    EXPECT_EQ(said.data()["totalNodes"], 2);
    EXPECT_EQ(said.data()["leftAlone"],
              Json::parse(R"([{"nodeId":3,"nodeName":"edge-3","reason":"never seen"}])"));
    EXPECT_EQ(said.data()["batches"].size(), 2U);
    EXPECT_EQ(said.data()["leftAloneReasons"],
              Json::parse(R"([{"reason":"never seen","count":1,"nodes":["edge-3"]}])"));
    EXPECT_EQ(steered, 1);
    EXPECT_EQ(ask("POST", one + "/rollback").status, 200);
    EXPECT_FALSE(store.rollback_wanted.is_forced);
    EXPECT_FALSE(store.rollback_wanted.is_dry_run);
}

TEST_F(ApiAction, says_what_a_rollback_would_give_each_node) {
    store.rolled_back.created.version = release::Version{43};
    store.rolled_back.created.plan = {{release::NodeId{1}, 1, release::Version{40}},
                                      {release::NodeId{2}, 2, release::Version{39}}};
    store.rolled_back.created.names = {"edge-1", ""};
    store.rolled_back.digests = {{release::Version{40}, "ab"}, {release::Version{39}, ""}};
    store.rolled_back.banned = "cd";
    const Said said = ask("POST", one + "/rollback", R"({"dry_run":true,"reason":"why"})");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_TRUE(store.rollback_wanted.is_dry_run);
    EXPECT_EQ(said.data()["releaseId"], nullptr);
    EXPECT_EQ(said.data()["nodes"], Json::parse(R"([
        {"nodeId":1,"nodeName":"edge-1","batch":1,"configVersion":40,"sha256":"ab"},
        {"nodeId":2,"nodeName":"","batch":2,"configVersion":39,"sha256":null}])"));
    EXPECT_EQ(said.data()["bans"], "cd");
    EXPECT_EQ(steered, 0) << "there is nothing to look at";
    EXPECT_EQ(ask("POST", one + "/rollback", R"({"dry_run":"yes"})").code(), 2002);
}

TEST_F(ApiAction, changes_limits_and_takes_them_away) {
    store.view.summary.batch_config = R"({"max_parallel":4,"retries":1})";
    Said said = ask("PATCH", one, R"({"max_parallel":4,"max_parallel_per":null})");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_EQ(store.limit_wanted.change.max_parallel, "4");
    EXPECT_EQ(store.limit_wanted.change.max_parallel_per, "null");
    EXPECT_EQ(said.data(), Json::parse(R"({"releaseId":7,"maxParallel":4,"maxParallelPer":null})"));
    EXPECT_EQ(ask("PATCH", one, R"({"max_parallel_per":{"region":{"eu":2,"*":1}}})").status, 200);
    EXPECT_FALSE(store.limit_wanted.change.max_parallel);
    EXPECT_EQ(steered, 2);
}

TEST_F(ApiAction, shows_what_steers_a_release) {
    ReleaseSummary& summary = store.view.summary;
    summary.status = release::ReleaseStatus::paused;
    summary.hold = release::Hold::bake;
    summary.hold_until = "2026-05-01T08:00:00.000Z";
    summary.rolls_back = release::ReleaseId{5};
    summary.waived_failures = 2;
    summary.callback_url = "https://bob:secret@ci.example/hook/7?token=abc#x";
    summary.batch_config =
        R"({"max_parallel":3,"max_parallel_per":{"region":2},"gate_url":"https://a.example/g?t=s",
            "gates":[{"name":"own","url":"https://b.example/g?t=s"}]})";
    store.view.nodes.resize(1);
    store.view.nodes[0].config_version = release::Version{40};
    store.view.nodes[0].task_id = "apply_config_10.0.0.1_42";
    const Json data = ask("GET", one).data();
    EXPECT_EQ(data["holdReason"], "bake");
    EXPECT_EQ(data["waitingFor"]["until"], "2026-05-01T08:00:00.000Z");
    EXPECT_EQ(data["rollsBack"], 5);
    EXPECT_EQ(data["rolledBackBy"], nullptr);
    EXPECT_EQ(data["fromRelease"], nullptr);
    EXPECT_EQ(data["waivedFailures"], 2);
    EXPECT_EQ(data["callbackUrl"], "https://ci.example/hook/7");
    EXPECT_EQ(data["maxParallel"], 3);
    EXPECT_EQ(data["maxParallelPer"], Json::parse(R"({"region":2})"));
    EXPECT_EQ(data["batchConfig"]["max_parallel"], 3);
    EXPECT_EQ(data["batchConfig"]["gate_url"], "https://a.example/g");
    EXPECT_EQ(data["batchConfig"]["gates"][0]["url"], "https://b.example/g");
    EXPECT_EQ(data["actions"], Json::array({"pause", "continue", "stop", "limit"}));
    EXPECT_EQ(data["batches"][0]["nodes"][0]["configVersion"], 40);
    EXPECT_EQ(data["batches"][0]["nodes"][0]["agentTaskId"], "apply_config_10.0.0.1_42");
    const std::string large(100'000, ' ');  // like a selector with thousands of names
    summary.batch_config.insert(1, large);
    EXPECT_EQ(ask("GET", one).data()["maxParallel"], 3);
    EXPECT_EQ(ask("GET", one).data()["batchConfig"]["max_parallel"], 3);
    summary.hold = release::Hold::none;
    summary.batch_config = "nonsense";
    EXPECT_EQ(ask("GET", one).data()["holdReason"], nullptr);
    EXPECT_EQ(ask("GET", one).data()["maxParallel"], nullptr);
    EXPECT_EQ(ask("GET", one).data()["batchConfig"], nullptr);
}

TEST_F(ApiAction, answers_with_figures) {
    store.figures.queue = {4, 1, 2};
    store.figures.running_releases = 3;
    store.figures.running_nodes = 17;
    store.figures.finished_nodes = {{"success", 90}, {"failed", 10}};
    store.figures.failed_by_kind = {{"timeout", 10}};
    ReleaseTimes times;
    times.id = release::ReleaseId{7};
    times.version = release::Version{42};
    times.worked = release::Millis{2500};
    times.to_50 = release::Millis{1250};
    store.figures.releases = {times};
    for (int i = 0; i < 10; ++i)
        metrics.dispatch_took(release::Millis{7});
    metrics.agent_error(release::Heard::no_answer);
    slots = {64, 256};
    const Said said = ask("GET", "/api/v1/stats");
    ASSERT_EQ(said.status, 200) << said.body;
    const Json data = said.data();
    EXPECT_EQ(data["queue"], Json::parse(R"({"pending":4,"blocked":1,"due":2})"));
    EXPECT_EQ(data["running"], Json::parse(R"({"releases":3,"nodes":17})"));
    EXPECT_EQ(data["slots"], Json::parse(R"({"inFlight":64,"max":256,"busyShare":0.25})"));
    EXPECT_EQ(data["agents"]["requests"], 10);
    EXPECT_EQ(data["agents"]["meanMs"], 7.0);
    EXPECT_EQ(data["agents"]["p50Ms"], 7.5) << "the middle of the bucket from 5 to 10 ms";
    EXPECT_EQ(data["agents"]["errorsByKind"], Json::parse(R"({"no_answer":1})"));
    EXPECT_EQ(data["nodes"]["success"], 90);
    EXPECT_EQ(data["nodes"]["skipped"], 0);
    EXPECT_EQ(data["nodes"]["failedByKind"], Json::parse(R"({"timeout":10})"));
    EXPECT_EQ(data["releases"][0]["workedSec"], 2.5);
    EXPECT_EQ(data["releases"][0]["to50Sec"], 1.25);
    EXPECT_EQ(data["releases"][0]["to100Sec"], nullptr);
    EXPECT_EQ(ask("GET", "/api/v1/stats?x=1").code(), 2002);
}

TEST_F(ApiAction, has_the_same_figures_as_metrics) {
    store.counts.queue = {4, 1, 2};
    ReleaseTimes times;
    times.version = release::Version{42};
    times.worked = release::Millis{2500};
    store.counts.last_ended = times;
    store.counts.last_rollback.emplace().to_50 = release::Millis{1500};
    metrics.gate_answered(release::GateAnswer::Kind::fail);
    const std::string text = ask_as("", "GET", "/metrics").body;
    for (const char* line :
         {"edgeroll_queue_releases{state=\"blocked\"} 1",
          "edgeroll_queue_releases{state=\"due\"} 2", "edgeroll_queue_releases{state=\"later\"} 1",
          "edgeroll_release_seconds{phase=\"worked\"} 2.5",
          "edgeroll_agent_request_slots{state=\"busy\"} 3",
          "edgeroll_agent_request_slots{state=\"max\"} 256", "edgeroll_dark_nodes 2",
          "edgeroll_rollback_seconds{share=\"50\"} 1.5",
          "edgeroll_gate_verdicts_total{verdict=\"fail\"} 1",
          "edgeroll_gate_verdicts_total{verdict=\"pass\"} 0"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
    }
    EXPECT_EQ(text.find("phase=\"to50\""), std::string::npos) << "not so far";
    EXPECT_EQ(text.find("share=\"99\""), std::string::npos) << "not so far";
}

}  // namespace
}  // namespace edgeroll::control::api
