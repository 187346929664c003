#include "api_fixture.hpp"

namespace edgeroll::control::api {
namespace {

using release::FailureKind;
using release::NodeStatus;
using release::ReleaseStatus;

class ApiRelease : public ApiTest {};

TEST_F(ApiRelease, shows_steps_as_they_are_stored_and_null_for_what_is_none) {
    store.view.summary.id = release::ReleaseId{7};
    const auto add = [&](std::int64_t id, const std::string& steps) {
        ReleaseNodeView node;
        node.id = release::NodeId{id};
        node.name = "edge-" + std::to_string(id);
        node.steps = steps;
        store.view.nodes.push_back(node);
    };
    add(1, R"([{"name":"check","status":"failed","exitCode":1,"output":"a\nb","later":[]}])");
    add(2, "");
    add(3, R"([{"name":"che)");
    add(4, R"({"name":"check"})");
    add(5, "[]");
    const Said said = ask("GET", "/api/v1/releases/7?steps=1");
    ASSERT_EQ(said.status, 200);
    const Json nodes = said.data()["batches"][0]["nodes"];
    ASSERT_EQ(nodes.size(), 5U);
    EXPECT_EQ(nodes[0]["steps"][0]["output"], "a\nb");
    EXPECT_EQ(nodes[0]["steps"][0]["later"], Json::array());
    EXPECT_TRUE(nodes[1]["steps"].is_null());
    EXPECT_TRUE(nodes[2]["steps"].is_null());
    EXPECT_TRUE(nodes[3]["steps"].is_null());
    EXPECT_EQ(nodes[4]["steps"], Json::array());
    EXPECT_EQ(store.steps_of, "");

    const Said without = ask("GET", "/api/v1/releases/7?steps=0");
    ASSERT_EQ(without.status, 200);
    EXPECT_FALSE(without.data()["batches"][0]["nodes"][0].contains("steps"));
}

TEST_F(ApiRelease, shows_the_steps_of_one_node) {
    ReleaseNodeView node;
    for (const std::int64_t id : {1, 2}) {
        node.id = release::NodeId{id};
        node.batch = static_cast<int>(id);
        store.view.nodes.push_back(node);
    }
    store.view.shown_node = node.id;
    const Said said = ask("GET", "/api/v1/releases/7?steps=1&node=edge-2");
    ASSERT_EQ(said.status, 200);
    EXPECT_EQ(store.steps_of, "edge-2");
    ASSERT_EQ(said.data()["batches"].size(), 1U);
    EXPECT_EQ(said.data()["batches"][0]["batch"], 2);
    EXPECT_EQ(said.data()["batches"][0]["nodes"][0]["nodeId"], 2);
}

TEST_F(ApiRelease, tells_what_has_looked_at_a_content_from_nobody_says) {
    store.view.nodes.resize(4);
    store.view.nodes[1].evidence = "unknown";
    store.view.nodes[2].evidence = "";
    store.view.nodes[3].evidence = "check,verify_url";
    const Json nodes = ask("GET", "/api/v1/releases/7").data()["batches"][0]["nodes"];
    EXPECT_EQ(nodes[0]["evidence"], nullptr);
    EXPECT_EQ(nodes[1]["evidence"], nullptr);
    EXPECT_EQ(nodes[2]["evidence"], Json::array());
    EXPECT_EQ(nodes[3]["evidence"], Json::parse(R"(["check","verify_url"])"));
}

TEST_F(ApiRelease, refuses_a_node_without_steps_and_steps_that_are_no_yes_or_no) {
    for (const char* query :
         {"?node=edge-1", "?steps=0&node=edge-1", "?steps=2", "?steps=yes", "?step=1"}) {
        const Said said = ask("GET", std::string("/api/v1/releases/7") + query);
        EXPECT_EQ(said.status, 400) << query;
        EXPECT_EQ(said.code(), release::code::invalid) << query;
    }
    EXPECT_TRUE(store.calls.empty());
}

TEST_F(ApiRelease, shows_everything_the_contract_names) {
    ReleaseSummary& summary = store.view.summary;
    summary.id = release::ReleaseId{7};
    summary.type = "apply_config";
    summary.target = "cdn";
    summary.version = release::Version{42};
    summary.status = ReleaseStatus::running;
    summary.batch_status = release::BatchStatus::running;
    summary.current_batch = 1;
    summary.total_batches = 2;
    summary.total_nodes = 3;
    summary.success_nodes = 1;
    summary.failed_nodes = 1;
    summary.counts.running = 1;
    summary.counts.skipped = 4;
    summary.counts.deferred = 5;
    summary.counts.cancelled = 6;
    summary.created_by = "ann";
    summary.reason = "because";
    summary.created_at = "2026-01-01T00:00:00.000Z";
    summary.has_lease = true;
    ReleaseNodeView node;
    node.id = release::NodeId{3};
    node.name = "edge-3";
    node.status = NodeStatus::failed;
    node.failure = FailureKind::exec_failed;
    node.error = "check: exit 1";
    node.attempt = 1;
    node.started_at = "2026-01-01T00:00:01.000Z";
    store.view.nodes = {node};
    node.id = release::NodeId{4};
    node.name = "edge-4";
    node.status = NodeStatus::running;
    node.failure = FailureKind::none;
    node.error.clear();
    store.view.nodes.push_back(node);
    node.id = release::NodeId{1};
    node.batch = 2;
    node.status = NodeStatus::pending;
    store.view.nodes.push_back(node);

    const Said said = ask("GET", "/api/v1/releases/7");
    ASSERT_EQ(said.status, 200);
    EXPECT_EQ(said.code(), 0);
    EXPECT_EQ(said.message(), "success");
    const Json data = said.data();
    for (const char* field :
         {"releaseId",   "type",         "target",        "version",        "status",
          "batchStatus", "currentBatch", "totalBatches",  "totalNodes",     "successNodes",
          "failedNodes", "skippedNodes", "deferredNodes", "cancelledNodes", "waitingFor",
          "lastError",   "reason",       "createdBy",     "createdAt",      "updatedAt",
          "startedAt",   "finishedAt",   "batches",       "startedBatch",   "reloadOnly",
          "bakedAt"}) {
        EXPECT_TRUE(data.contains(field)) << field;
    }
    EXPECT_EQ(store.id, 7);
    EXPECT_EQ(data["releaseId"], 7);
    EXPECT_EQ(data["version"], 42);
    EXPECT_EQ(data["status"], "running");
    EXPECT_EQ(data["reloadOnly"], false);
    EXPECT_EQ(data["skippedNodes"], 4);
    EXPECT_EQ(data["finishedAt"], nullptr);
    EXPECT_EQ(data["waitingFor"]["nodes"], Json::array({"edge-4"}));
    ASSERT_EQ(data["batches"].size(), 2U);
    EXPECT_EQ(data["batches"][0]["batch"], 1);
    ASSERT_EQ(data["batches"][0]["nodes"].size(), 2U);
    const Json& row = data["batches"][0]["nodes"][0];
    EXPECT_EQ(row["nodeId"], 3);
    EXPECT_EQ(row["nodeName"], "edge-3");
    EXPECT_EQ(row["status"], "failed");
    EXPECT_EQ(row["attempt"], 1);
    EXPECT_EQ(row["failureKind"], "exec_failed");
    EXPECT_EQ(row["errorMsg"], "check: exit 1");
    EXPECT_EQ(row["startedAt"], "2026-01-01T00:00:01.000Z");
    EXPECT_EQ(row["finishedAt"], nullptr);
    EXPECT_EQ(data["batches"][0]["nodes"][1]["failureKind"], nullptr);
    EXPECT_EQ(data["batches"][1]["batch"], 2);
}

TEST_F(ApiRelease, offers_no_rollback_that_would_be_refused) {
    const std::string one = "/api/v1/releases/7";
    store.view = ReleaseView{};
    store.view.summary.id = release::ReleaseId{7};
    store.view.summary.type = "apply_config";
    store.view.summary.status = release::ReleaseStatus::success;
    EXPECT_EQ(ask("GET", one).data()["rollback"], nullptr);
    store.view.rollback = RollbackOutlook{3, 1, ""};
    Json data = ask("GET", one).data();
    EXPECT_EQ(data["actions"], Json::parse(R"(["rollback"])"));
    EXPECT_EQ(data["rollback"], Json::parse(R"({"totalNodes":3,"leftAlone":1,"obstacle":null})"));
    store.view.rollback = RollbackOutlook{0, 0, "a later release"};
    data = ask("GET", one).data();
    EXPECT_EQ(data["actions"], Json::array());
    EXPECT_EQ(data["rollback"]["obstacle"], "a later release");
}

TEST_F(ApiRelease, refuses_ids_that_are_none) {
    for (const char* id : {"0", "-1", "abc", "1.5", "+1", "9223372036854775808", "1x", " 1"}) {
        const Said said = ask("GET", std::string(releases_path) + "/" + id);
        EXPECT_EQ(said.status, 400) << id;
        EXPECT_EQ(said.code(), 2002);
    }
    EXPECT_TRUE(store.calls.empty());
    EXPECT_EQ(ask("GET", "/api/v1/releases/9223372036854775807").status, 200);
    EXPECT_EQ(store.id, 9'223'372'036'854'775'807);
    EXPECT_EQ(ask("GET", "/api/v1/releases/1?verbose=1").code(), 2002);
}

TEST_F(ApiRelease, says_what_is_not_there) {
    store.error = release::Error{"release 9 does not exist", release::Outcome::permanent, 3001};
    const Said said = ask("GET", "/api/v1/releases/9");
    EXPECT_EQ(said.status, 404);
    EXPECT_EQ(said.code(), 3001);
    EXPECT_EQ(said.message(), "release 9 does not exist");
}

TEST_F(ApiRelease, hides_what_happened_inside) {
    store.error = release::Error{"SELECT x: 2013 at db-1", release::Outcome::unknown,
                                 release::code::database};
    Said said = ask("GET", releases_path);
    EXPECT_EQ(said.status, 500);
    EXPECT_EQ(said.code(), 5002);
    EXPECT_EQ(said.body.find("SELECT"), std::string::npos);
    EXPECT_EQ(said.headers.count("Retry-After"), 0U);

    store.error->outcome = release::Outcome::not_done;
    said = ask("GET", releases_path);
    EXPECT_EQ(said.status, 503);
    EXPECT_EQ(said.code(), 5002);
    EXPECT_EQ(said.headers.count("Retry-After"), 1U);

    store.error.reset();
    store.throws = true;
    said = ask("GET", releases_path);
    EXPECT_EQ(said.status, 500);
    EXPECT_EQ(said.code(), 5001);
    EXPECT_EQ(said.body.find("secret"), std::string::npos);
}

TEST_F(ApiRelease, knows_paths_and_methods) {
    EXPECT_EQ(ask("GET", "/api/v1/unknown").status, 404);
    const Said wrong = ask("DELETE", releases_path);
    EXPECT_EQ(wrong.status, 405);
    EXPECT_NE(wrong.headers.at("Allow").find("GET"), std::string::npos);
    EXPECT_NE(wrong.headers.at("Allow").find("POST"), std::string::npos);
}

TEST_F(ApiRelease, lists_with_every_filter) {
    store.page.total = 41;
    store.page.items.resize(1);
    store.page.items[0].status = ReleaseStatus::success;
    const Said said = ask("GET", std::string(releases_path) +
                                     "?status=failed&type=apply_config&createdBy=ann&q=broken&sort="
                                     "-createdAt&page=3&pageSize=20");
    ASSERT_EQ(said.status, 200);
    EXPECT_EQ(store.filter.status, ReleaseStatus::failed);
    EXPECT_EQ(store.filter.type, "apply_config");
    EXPECT_EQ(store.filter.created_by, "ann");
    EXPECT_EQ(store.filter.q, "broken");
    EXPECT_EQ(store.filter.sort, "-created_at");
    EXPECT_EQ(store.filter.page, 3);
    EXPECT_EQ(store.filter.page_size, 20);
    EXPECT_EQ(said.data()["total"], 41);
    EXPECT_EQ(said.data()["page"], 3);
    EXPECT_EQ(said.data()["pageSize"], 20);
    ASSERT_EQ(said.data()["items"].size(), 1U);
    EXPECT_FALSE(said.data()["items"][0].contains("batches"));
    EXPECT_EQ(said.data()["items"][0]["waitingFor"], nullptr);

    EXPECT_EQ(ask("GET",
                  std::string(releases_path) + "?status=&type=&createdBy=&q=&sort=&page=&pageSize=")
                  .status,
              200);
    EXPECT_EQ(store.filter.sort, "-id");
    EXPECT_FALSE(store.filter.status);
    EXPECT_EQ(store.filter.page_size, 20);
}

TEST_F(ApiRelease, refuses_illegal_filters) {
    for (const char* query :
         {"status=done", "sort=reason", "sort=--id", "page=0", "page=x", "pageSize=101",
          "pageSize=0", "pageSize=-1", "page=99999999999999999999", "limit=5"}) {
        const Said said = ask("GET", std::string(releases_path) + "?" + query);
        EXPECT_EQ(said.status, 400) << query;
        EXPECT_EQ(said.code(), 2002) << query;
    }
    EXPECT_EQ(ask("GET", std::string(releases_path) + "?q=a\x01").code(), 2002);
    EXPECT_EQ(ask("GET", std::string(releases_path) + "?q=a\xff").code(), 2002);
    EXPECT_EQ(ask("GET", std::string(releases_path) + "?q=" + std::string(201, 'x')).code(), 2002);
    EXPECT_TRUE(store.calls.empty());
}

}  // namespace
}  // namespace edgeroll::control::api
