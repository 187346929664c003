#include "control/cli/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
using ::testing::HasSubstr;
using ::testing::Not;

struct Run : ::testing::Test {
    test::World world;

    ExitStatus run_as(const Command& command, Format format = Format::table) {
        return run(command, format, world.ports());
    }
};

TEST_F(Run, lists_releases_with_the_filters_asked_for) {
    world.http.answers_data(
        R"({"items":[{"releaseId":7,"version":42,"status":"failed","totalNodes":3,"failedNodes":1}],)"
        R"("total":1,"page":1,"pageSize":20})");
    ReleaseList list;
    list.status = "failed";
    list.created_by = "a b";
    EXPECT_EQ(run_as(list), ExitStatus::success);
    EXPECT_EQ(world.http.requests[0].path,
              "/api/v1/releases?status=failed&createdBy=a%20b&page=1&pageSize=20");
    EXPECT_THAT(world.screen.written, HasSubstr("7       42  failed"));
    EXPECT_THAT(world.screen.written, HasSubstr("1 of 1\n"));
}

TEST_F(Run, prints_the_data_as_it_is_with_json) {
    world.http.answers_data(
        R"({"releaseId":7,"status":"running","note":"größe\u001b","n":12345678901234})");
    EXPECT_EQ(run_as(ReleaseShow{7}, Format::json), ExitStatus::success);
    EXPECT_THAT(world.screen.written, HasSubstr("größe\\u001b"));
    EXPECT_EQ(Json::parse(world.screen.written).at("n"), 12345678901234);
    world.screen.written.clear();
    world.screen.is_terminal = true;
    EXPECT_EQ(run_as(ReleaseShow{7}, Format::json), ExitStatus::success);
    EXPECT_THAT(world.screen.written, HasSubstr("gr\\u00f6\\u00dfe"));
}

TEST_F(Run, show_of_a_failed_release_is_a_success_of_show) {
    world.http.answers_data(R"({"releaseId":7,"status":"failed"})");
    EXPECT_EQ(run_as(ReleaseShow{7}), ExitStatus::success);
}

TEST_F(Run, tells_refused_from_unreachable) {
    world.http.answers_with(R"({"code":3001,"message":"no release 9"})", 404);
    EXPECT_EQ(run_as(ReleaseShow{9}), ExitStatus::refused);
    EXPECT_EQ(world.screen.errors,
              "edgeroll: control refused: no release 9 (code 3001); edgeroll release list shows "
              "those there are\n");
    test::World other;
    other.http.is_away();
    EXPECT_EQ(run(NodeList{false}, Format::json, other.ports()), ExitStatus::unreachable);
    EXPECT_EQ(other.screen.written, "");
}

TEST_F(Run, adds_a_node) {
    world.http.answers_data(R"({"id":5,"name":"edge-1","mainIp":"10.0.0.7"})");
    NodeAdd add;
    add.name = "edge-1";
    add.ip = "10.0.0.7";
    add.labels = {{"region", "eu"}};
    EXPECT_EQ(run_as(add), ExitStatus::success);
    EXPECT_EQ(world.http.requests[0].method, "POST");
    EXPECT_EQ(Json::parse(world.http.requests[0].body),
              Json::parse(R"({"name":"edge-1","mainIp":"10.0.0.7","agentPort":8443,)"
                          R"("labels":{"region":"eu"}})"));
    EXPECT_EQ(world.screen.written, "node 5 added: edge-1 at 10.0.0.7:8443\n");
}

constexpr const char* drifting =
    R"({"total":2,"items":[{"id":1,"name":"edge-1","status":"online","appliedVersion":40,
        "appliedSha256":"2e2e2e2e2e2e2e2e","wantedVersion":41,"wantedSha256":"1f1f1f1f1f1f1f1f",
        "hasDrift":true},{"id":2,"name":"edge-2","status":"online","appliedVersion":41,
        "wantedVersion":41,"hasDrift":false}]})";

TEST_F(Run, lists_the_nodes_that_drift) {
    world.http.answers_data(drifting);
    EXPECT_EQ(run_as(NodeList{true}), ExitStatus::success);
    EXPECT_EQ(world.screen.written,
              "ID  NAME    STATUS  HAS              WANTED           LAST REACHED\n"
              " 1  edge-1  online  40 2e2e2e2e2e2e  41 1f1f1f1f1f1f         never\n");
    world.screen.written.clear();
    EXPECT_EQ(run_as(NodeList{true}, Format::json), ExitStatus::success);
    const auto data = Json::parse(world.screen.written);
    EXPECT_EQ(data["total"], 1);
    EXPECT_EQ(data["items"].size(), 1U);
    world.screen.written.clear();
    EXPECT_EQ(run_as(NodeList{false}), ExitStatus::success);
    EXPECT_THAT(world.screen.written, HasSubstr("edge-2"));
}

TEST_F(Run, does_not_call_it_no_drift_when_control_does_not_tell) {
    world.http.answers_data(R"({"items":[{"id":1,"name":"edge-1"}]})");
    EXPECT_EQ(run_as(NodeList{true}), ExitStatus::refused);
    EXPECT_THAT(world.screen.errors, HasSubstr("does not report drift"));
    EXPECT_EQ(world.screen.written, "");
}

TEST_F(Run, explains_and_shows_figures) {
    world.http.answers_data(
        R"({"releaseId":7,"version":42,"status":"failed","failedNodes":1,"actions":["retry"]})");
    EXPECT_EQ(run_as(ReleaseExplain{7}), ExitStatus::success);
    EXPECT_THAT(world.screen.written, HasSubstr("edgeroll release retry 7"));
    world.http.answers.clear();
    world.http.answers_data(R"({"queue":3})");
    EXPECT_EQ(run_as(Stats{}), ExitStatus::success);
    EXPECT_EQ(world.http.requests.back().path, "/api/v1/stats");
    EXPECT_THAT(world.screen.written, HasSubstr("queue  3\n"));
}

}  // namespace
}  // namespace edgeroll::cli
