#include "release/wire/node_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/wire/template.hpp"

namespace edgeroll::release::wire {
namespace {

TEST(NodeState, reads_what_it_writes) {
    NodeState state;
    state.applied_version = Version{7};
    state.sha256 = std::string(64, 'a');
    state.versions = {Version{6}, Version{7}};
    state.agent_version = "0.1";
    state.live_sha256 = std::string(64, 'b');
    state.live_is_whole = false;
    state.live_remark = "a was changed";
    state.facts_sha256 = std::string(64, 'c');
    state.capabilities = "secrets";
    state.evidence = "check,verify_url";
    state.boot_id = "boot";
    state.disk_free_bytes = 5'000'000'000;
    state.queue = 2;
    state.last_task = LastTask{"task", Version{7}, TaskStatus::failed, "2026-12-01T00:00:00.000Z"};
    const auto read = read_node_state(200, write_node_state(state));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(write_node_state(*read), write_node_state(state));
    EXPECT_EQ(read->live_is_whole, false);
    EXPECT_EQ(read->last_task->status, TaskStatus::failed);
    const NodeState empty;
    EXPECT_EQ(write_node_state(*read_node_state(200, write_node_state(empty))),
              write_node_state(empty));
}

TEST(NodeState, knows_nothing_of_what_older_agents_do_not_tell) {
    const auto read = read_node_state(
        200,
        R"({"code":0,"data":{"appliedVersion":3,"sha256":null,"versions":[3],"agentVersion":"0"}})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->applied_version, Version{3});
    EXPECT_FALSE(read->live_sha256 || read->live_is_whole || read->evidence || read->last_task);
    EXPECT_EQ(read->capabilities, "");
}

TEST(NodeState, takes_lies_for_no_answer) {
    const auto read = read_node_state(
        200,
        R"({"data":{"appliedVersion":-3,"sha256":5,"versions":[1,"x",-2,{}],"liveSha256":"zz",)"
        R"("liveIsWhole":"yes","evidence":7,"diskFreeBytes":-1,"queue":1e300,"lastTask":[],)"
        R"("capabilities":{"a":1}}})");
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->applied_version || read->live_sha256 || read->live_is_whole ||
                 read->evidence || read->disk_free_bytes || read->last_task);
    EXPECT_EQ(read->versions, std::vector<Version>{Version{1}});
    EXPECT_EQ(read->queue, 0);
    for (const char* bad : {"", "{}", "[]", "null", R"({"data":3})", "\xff"})
        EXPECT_FALSE(read_node_state(200, bad)) << bad;
    EXPECT_FALSE(read_node_state(404, R"({"data":{}})"));
    EXPECT_FALSE(read_node_state(200, "{\"data\":{\"x\":\"" + std::string(300'000, 'x') + "\"}}"));
}

Payload content_of(const std::string& text, bool is_template = true) {
    File file;
    file.path = "a";
    file.content = text;
    file.is_template = is_template;
    return Payload{{file}};
}

TEST(FactsDigest, depends_on_the_values_that_templates_contain) {
    const auto names =
        names_in_templates(content_of("${label.b} $${label.x} ${node.name} ${a\n${"));
    EXPECT_EQ(names, (std::vector<std::string>{"label.b", "node.name"}));
    EXPECT_TRUE(names_in_templates(content_of("${label.b}", false)).empty());
    EXPECT_EQ(facts_digest({}, "n", "ip", {}), "");
    const auto of = [&](const std::string& name, const Labels& labels) {
        return facts_digest(names, name, "10.0.0.1", labels);
    };
    EXPECT_EQ(of("n", {{"b", "1"}}).size(), 64U);
    EXPECT_EQ(of("n", {{"b", "1"}}), of("n", {{"a", "any"}, {"b", "1"}}));
    EXPECT_NE(of("n", {{"b", "1"}}), of("n", {{"b", "2"}}));
    EXPECT_NE(of("n", {{"b", "1"}}), of("m", {{"b", "1"}}));
    EXPECT_NE(of("n", {}), of("n", {{"b", ""}}));
}

}  // namespace
}  // namespace edgeroll::release::wire
