// Reconciliation through the API: what it does, what comes next, why it waits, and continuing it.
#include <gmock/gmock.h>

#include "api_fixture.hpp"

namespace edgeroll::control::api {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* reconciliation = "/api/v1/reconciliation";
constexpr const char* go_on = "/api/v1/reconciliation/continue";

class ApiReconciliation : public ApiTest {
  protected:
    static release::OwedNode node(std::int64_t id) {
        release::OwedNode made;
        made.node = release::NodeId{id};
        made.name = "n" + std::to_string(id);
        made.cause = release::OwedCause::empty;
        made.can_repair = true;
        return made;
    }
    release::OwedRelease& owe(std::int64_t id, std::vector<release::OwedNode> nodes) {
        release::OwedRelease made;
        made.id = release::ReleaseId{id};
        made.version = release::Version{id + 40};
        made.nodes = std::move(nodes);
        store.reconciling.releases.push_back(std::move(made));
        return store.reconciling.releases.back();
    }
    Json shown() { return ask("GET", reconciliation).data(); }
};

TEST_F(ApiReconciliation, says_what_comes_next_and_what_waits_for_what) {
    Json data = shown();
    EXPECT_EQ(data["status"], "idle");
    EXPECT_EQ(data["mode"], "new");
    EXPECT_EQ(data["max"], 8);
    EXPECT_EQ(data["perMinute"], 60);
    EXPECT_EQ(data["owed"], 0);

    std::vector<release::OwedNode> many;
    for (std::int64_t id = 1; id <= 12; ++id)
        many.push_back(node(id));
    owe(2, many);
    data = shown();
    EXPECT_EQ(data["status"], "due");
    EXPECT_EQ(data["owed"], 12);
    const Json first = {{"nodeId", 1}, {"nodeName", "n1"}, {"cause", "empty"}};
    EXPECT_EQ(data["next"],
              Json::array({{{"releaseId", 2}, {"version", 42}, {"count", 1}, {"nodes", {first}}}}));
    EXPECT_EQ(data["waiting"][0]["waitsFor"], "pace");
    EXPECT_EQ(data["waiting"][0]["count"], 11);
    EXPECT_EQ(data["waiting"][0]["nodes"].size(), 10U);
    EXPECT_EQ(data["waiting"][0]["waitSec"], nullptr);

    store.reconciling.releases[0].until_window = release::Millis{90'500};
    data = shown();
    EXPECT_EQ(data["status"], "waiting");
    EXPECT_EQ(data["waiting"][0]["waitsFor"], "window");
    EXPECT_EQ(data["waiting"][0]["waitSec"], 91);
    EXPECT_THAT(data["waiting"][0]["text"].get<std::string>(), HasSubstr("in 91 s"));
    store.reconciling.releases[0].until_window = {};
    store.reconciling.releases[0].waits_for = release::ReleaseId{9};
    EXPECT_THAT(shown()["waiting"][0]["text"].get<std::string>(), HasSubstr("release 9"));
}

TEST_F(ApiReconciliation, says_what_it_does_and_did) {
    ReconcileView open{release::ReleaseId{2},
                       release::NodeId{3},
                       "n3",
                       "new",
                       "2026-01-31T08:00:00.000Z",
                       "",
                       "",
                       "",
                       false};
    store.reconciling.open = {open};
    ReconcileView ended = open;
    ended.ended_at = "2026-01-31T08:00:09.000Z";
    ended.outcome = "failed";
    ended.error = "check failed";
    ended.name.clear();
    store.reconciling.recent = {ended};
    Json data = shown();
    EXPECT_EQ(data["status"], "working");
    EXPECT_EQ(data["open"][0]["nodeName"], "n3");
    EXPECT_EQ(data["open"][0]["finishedAt"], nullptr);
    EXPECT_EQ(data["open"][0]["outcome"], nullptr);
    EXPECT_EQ(data["recent"][0]["errorMsg"], "check failed");
    EXPECT_EQ(data["recent"][0]["nodeName"], nullptr);
    store.reconciling.pace.failures = 3;
    owe(2, {node(1)});
    data = shown();
    EXPECT_EQ(data["status"], "stopped");
    EXPECT_EQ(data["failuresInARow"], 3);
    EXPECT_EQ(data["waiting"][0]["waitsFor"], "stopped");
}

TEST_F(ApiReconciliation, is_continued_by_admins) {
    const std::string viewer = std::string("Bearer ") + viewer_token;
    EXPECT_EQ(ask_as(viewer, "GET", reconciliation).status, 200);
    store.calls.clear();
    EXPECT_EQ(ask_as(viewer, "POST", go_on).status, 403);
    EXPECT_EQ(ask_as("", "GET", reconciliation).status, 401);
    EXPECT_EQ(ask("POST", go_on, R"({"why":"x"})").code(), 2002);
    EXPECT_EQ(ask("POST", go_on, R"({"reason":7})").code(), 2002);
    EXPECT_THAT(store.calls, IsEmpty());
    store.forgiven = 3;
    const Json done = ask("POST", go_on, R"({"reason":"disk replaced"})").data();
    EXPECT_EQ(done, (Json{{"outcome", "continued"}, {"failures", 3}}));
    EXPECT_EQ(store.continued.reason, "disk replaced");
    EXPECT_FALSE(store.continued.by.actor.empty());
    store.forgiven = 0;
    EXPECT_EQ(ask("POST", go_on).data()["outcome"], "unchanged");
}

}  // namespace
}  // namespace edgeroll::control::api
