// Every key of batch_config: its parsed value, and the message of each refusal.
#include "release/wire/batch_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/wire/json_util.hpp"
#include "release/wire/limit_change.hpp"

namespace edgeroll::release::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = BatchSize::Kind;

Policy policy_of(const std::string& text) {
    const auto policy = parse_batch_config(text);
    EXPECT_TRUE(policy) << text << ": " << (policy ? "" : policy.error().message);
    return policy.value_or(Policy{});
}

std::string config_error(const std::string& text) {
    const auto policy = parse_batch_config(text);
    if (policy) return "accepted: " + text;
    EXPECT_EQ(policy.error().code, code::invalid);
    const std::string start = "batch_config: ";
    EXPECT_EQ(policy.error().message.substr(0, start.size()), start);
    return policy.error().message.substr(start.size());
}

std::vector<BatchSize> sizes_of(const std::string& text) {
    return policy_of(text).sizes;
}

TEST(WireBatchConfig, reads_the_limits) {
    const Policy policy = policy_of(R"({"failure_threshold":3,"max_batch_fail_rate":25})");
    EXPECT_EQ(policy.limits.failure_threshold, 3);
    EXPECT_EQ(policy.limits.max_batch_fail_rate_percent, 25);
    EXPECT_EQ(policy_of("{}"), Policy{});
    EXPECT_EQ(policy_of(R"({"failure_threshold":null,"batches":null,"windows":null})"), Policy{})
        << "null is not given";
    EXPECT_EQ(policy_of(R"({"failure_threshold":0})").limits.failure_threshold, 0);
    EXPECT_EQ(policy_of(R"({"max_unreachable":5})").limits.max_unreachable, (Allowance{5, false}));
    EXPECT_EQ(policy_of(R"({"max_unreachable":"10%"})").limits.max_unreachable,
              (Allowance{10, true}));
}

TEST(WireBatchConfig, refuses_limits_out_of_range_or_type) {
    EXPECT_EQ(config_error(R"({"failure_threshold":-1})"),
              "field 'failure_threshold' must be from 0 to 1000000000");
    EXPECT_EQ(config_error(R"({"max_batch_fail_rate":101})"),
              "field 'max_batch_fail_rate' must be from 0 to 100");
    EXPECT_EQ(config_error(R"({"max_batch_fail_rate":2.5})"),
              "field 'max_batch_fail_rate' must be an integer");
    for (const char* value : {"-1", "\"101%\"", "\"-1%\"", "\"5\"", "\"%\"", "\"1.5%\"", "true",
                              "1.5", "18446744073709551615", "\" 5%\""}) {
        EXPECT_EQ(config_error(R"({"max_unreachable":)" + std::string(value) + "}"),
                  "field 'max_unreachable' must be a count from 0 to 1000000000 or \"0%\" to "
                  "\"100%\"");
    }
}

TEST(WireBatchConfig, refuses_what_is_no_object_and_unknown_keys) {
    EXPECT_EQ(config_error(R"({"batchsize":5})"), "key 'batchsize' is unknown");
    EXPECT_EQ(config_error("[]"), "must be an object");
    EXPECT_EQ(config_error(R"({"failure_threshold":1,"failure_threshold":2})"),
              "key 'failure_threshold' is repeated");
    EXPECT_EQ(config_error(""), "not valid JSON at byte 1");
    EXPECT_THAT(config_error(R"({"not_before":"2026-01-01T00:00:00Z"})"),
                HasSubstr("field of the release"));
    EXPECT_THAT(config_error("{\"gate_url\":\"" + std::string(batch_config_bytes_max, 'x') + "\"}"),
                HasSubstr("larger than"));
}

TEST(WireBatchConfig, reads_sizes) {
    EXPECT_THAT(sizes_of(R"({"batch_size":5})"), ElementsAre(BatchSize{Kind::count, 5}));
    EXPECT_THAT(sizes_of(R"({"batch_percent":25,"batch_size":0})"),
                ElementsAre(BatchSize{Kind::percent, 25}));
    EXPECT_THAT(sizes_of(R"({"batch_percent":0,"batch_size":0})"), ElementsAre());
    EXPECT_THAT(sizes_of(R"({"batches":["1",2,"5%","rest"],"batch_size":0})"),
                ElementsAre(BatchSize{Kind::count, 1}, BatchSize{Kind::count, 2},
                            BatchSize{Kind::percent, 5}, BatchSize{Kind::rest, 0}));
    EXPECT_THAT(sizes_of(R"({"batches":["50%","50%"]})"), testing::SizeIs(2));
}

TEST(WireBatchConfig, reads_which_nodes_go_first) {
    EXPECT_THAT(sizes_of(R"({"batches":["1 per edge site",2,"rest"]})"),
                ElementsAre(BatchSize{Kind::one_per_value, 0, "edge site"},
                            BatchSize{Kind::count, 2}, BatchSize{Kind::rest, 0}));
    EXPECT_EQ(policy_of("{}").canary_by, "region");
    EXPECT_EQ(policy_of(R"({"canary_by":"zone"})").canary_by, "zone");
    EXPECT_TRUE(policy_of(R"({"canary_by":"zone"})").has_plan());
    for (const char* list :
         {R"([1,"1 per zone"])", R"(["1 per zone"])", R"(["1 per zone","1 per rack","rest"])"}) {
        EXPECT_THAT(config_error(R"({"batches":)" + std::string(list) + "}"),
                    HasSubstr("it must be the first entry, and others must follow"))
            << list;
    }
    for (const char* size : {"1 per ", "1 per", "2 per zone", " 1 per zone", "1  per zone"}) {
        EXPECT_THAT(config_error(R"({"batches":[")" + std::string(size) + R"(","rest"]})"),
                    HasSubstr("field 'batches[0]' must be a count"))
            << size;
    }
    for (const char* value : {"\"\"", "1", "[\"zone\"]", "true"}) {
        EXPECT_EQ(config_error(R"({"canary_by":)" + std::string(value) + "}"),
                  "field 'canary_by' must be a string of 1 to 255 bytes");
    }
    EXPECT_EQ(config_error(R"({"canary_by":"zone","batch_size":5})"),
              "canary_by is for the default plan, and sizes are given too: leave one out, or begin "
              "batches with \"1 per zone\"");
}

TEST(WireBatchConfig, makes_one_batch_when_batches_are_switched_off) {
    const BatchSize rest{Kind::rest, 0};
    EXPECT_THAT(sizes_of(R"({"enabled":false})"), ElementsAre(rest));
    EXPECT_THAT(sizes_of(R"({"enabled":false,"batch_size":5})"), ElementsAre(rest));
    EXPECT_THAT(sizes_of(R"({"enabled":false,"batches":["1","rest"]})"), ElementsAre(rest));
    EXPECT_THAT(sizes_of(R"({"enabled":true})"), ElementsAre());
    EXPECT_EQ(config_error(R"({"enabled":false,"batch_size":-5})"),
              "field 'batch_size' must be from 0 to 1000000")
        << "switched off is no excuse";
}

TEST(WireBatchConfig, refuses_sizes_that_contradict_or_mean_nothing) {
    EXPECT_EQ(config_error(R"({"batch_size":1,"batch_percent":1})"),
              "batch_size and batch_percent are both given: leave one out, or 0");
    EXPECT_EQ(config_error(R"({"batch_size":1,"batches":[1]})"),
              "batches and batch_size are both given: leave one out");
    EXPECT_EQ(config_error(R"({"batch_percent":1,"batches":[1]})"),
              "batches and batch_percent are both given: leave one out");
    EXPECT_EQ(config_error(R"({"batch_percent":101})"),
              "field 'batch_percent' must be from 0 to 100");
    EXPECT_EQ(config_error(R"({"batch_size":"5"})"), "field 'batch_size' must be an integer");
    EXPECT_EQ(config_error(R"({"batches":[]})"),
              "field 'batches' must be a list of 1 to 1000 sizes");
    EXPECT_EQ(config_error(R"({"batches":"1,rest"})"),
              "field 'batches' must be a list of 1 to 1000 sizes");
    EXPECT_EQ(config_error(R"({"batches":[1,"rest",2]})"),
              "field 'batches[2]' comes after \"rest\", which takes all");
    EXPECT_EQ(config_error(R"({"batches":["rest","rest"]})"),
              "field 'batches[1]' comes after \"rest\", which takes all");
    EXPECT_EQ(config_error(R"({"batches":["60%",1,"41%"]})"),
              "field 'batches' has percentages of over 100 % in sum");
    for (const char* size : {"0", "\"0\"", "\"0%\"", "-1", "\"-1\"", "\"101%\"", "\"\"", "\"%\"",
                             "\"all\"", "1.5", "\"1.5%\"", "null", "true", "[1]", "\" 1\"",
                             "\"+1\"", "18446744073709551615", "1000001"}) {
        EXPECT_THAT(config_error(R"({"batches":[1,)" + std::string(size) + "]}"),
                    HasSubstr("field 'batches[1]' must be a count"))
            << size;
    }
}

TEST(WireBatchConfig, reads_selectors) {
    const Policy policy = policy_of(
        R"({"selector":{"labels":{"region":["eu","us"],"app":"cdn"},"nodes":["edge-1","10.0.0.7"]}})");
    EXPECT_THAT(policy.selector.labels,
                ElementsAre(testing::Pair("app", ElementsAre("cdn")),
                            testing::Pair("region", ElementsAre("eu", "us"))));
    EXPECT_THAT(policy.selector.nodes, ElementsAre("edge-1", "10.0.0.7"));
    EXPECT_TRUE(policy.has_plan());
    Json names = Json::array();
    for (int i = 0; i < 10'000; ++i)
        names.push_back("edge-of-a-very-large-network-" + std::to_string(i));
    const auto config = [&] { return R"({"selector":{"nodes":)" + dump_json(names) + "}}"; };
    EXPECT_EQ(policy_of(config()).selector.nodes.size(), 10'000U);
    names.push_back("one more");
    EXPECT_EQ(config_error(config()),
              "field 'selector.nodes' must be a list of 1 to 10000 strings");
}

TEST(WireBatchConfig, refuses_selectors_that_select_nothing_or_anything) {
    for (const char* selector : {"{}", "[]", "\"eu\"", "7"}) {
        EXPECT_EQ(config_error(R"({"selector":)" + std::string(selector) + "}"),
                  "field 'selector' must be an object with labels or nodes");
    }
    EXPECT_EQ(config_error(R"({"selector":{"regions":1}})"), "key 'selector.regions' is unknown");
    EXPECT_EQ(config_error(R"({"selector":{"nodes":[]}})"),
              "field 'selector.nodes' must be a list of 1 to 10000 strings");
    EXPECT_EQ(config_error(R"({"selector":{"nodes":["a",""]}})"),
              "field 'selector.nodes[1]' must be a string of 1 to 255 bytes");
    EXPECT_EQ(config_error(R"({"selector":{"labels":{}}})"),
              "field 'selector.labels' must be an object of 1 to 64 labels");
    EXPECT_EQ(config_error(R"({"selector":{"labels":{"region":[]}}})"),
              "field 'selector.labels.region' must be a list of 1 to 1000 strings");
    EXPECT_EQ(config_error(R"({"selector":{"labels":{"region":7}}})"),
              "field 'selector.labels.region' must be a string or a list of strings");
    EXPECT_EQ(config_error(R"({"selector":{"labels":{"region":["eu",7]}}})"),
              "field 'selector.labels.region[1]' must be a string of at most 255 bytes");
}

TEST(WireBatchConfig, reads_speed) {
    const Policy policy = policy_of(
        R"({"max_parallel":4,"retries":10,"max_parallel_per":{"region":{"eu":2,"*":1},"app":3,"x":{"y":9}}})");
    EXPECT_EQ(policy.max_parallel, 4);
    EXPECT_EQ(policy.retries, 10);
    ASSERT_EQ(policy.pools.size(), 3U);
    EXPECT_EQ(policy.pools[0].label, "app");
    EXPECT_EQ(policy.pools[0].size_of("anything"), 3);
    EXPECT_EQ(policy.pools[1].label, "region");
    EXPECT_EQ(policy.pools[1].size_of("eu"), 2);
    EXPECT_EQ(policy.pools[1].size_of(""), 1);
    EXPECT_EQ(policy.pools[2].size_of("y"), 9);
    EXPECT_EQ(policy.pools[2].size_of("z"), 1'000'000) << "without `*` only named values count";
    EXPECT_EQ(policy_of(R"({"max_parallel":0})").max_parallel, 0);
}

TEST(WireBatchConfig, refuses_speeds_that_nothing_could_run_at) {
    EXPECT_EQ(config_error(R"({"max_parallel":-1})"),
              "field 'max_parallel' must be from 0 to 1000000");
    EXPECT_EQ(config_error(R"({"retries":11})"), "field 'retries' must be from 0 to 10");
    for (const char* pools : {"{}", "4", "[]", "\"region\""}) {
        EXPECT_THAT(config_error(R"({"max_parallel_per":)" + std::string(pools) + "}"),
                    HasSubstr("must be an object of 1 to 16 labels"));
    }
    EXPECT_THAT(config_error(R"({"max_parallel_per":{"":1}})"), HasSubstr("labels with names"));
    for (const char* size : {"0", "-1", "1.5", "\"2\"", "null", "1000001"}) {
        EXPECT_THAT(config_error(R"({"max_parallel_per":{"region":)" + std::string(size) + "}}"),
                    HasSubstr("field 'max_parallel_per.region' must be from 1 to 1000000"));
        EXPECT_EQ(
            config_error(R"({"max_parallel_per":{"region":{"eu":)" + std::string(size) + "}}}"),
            "field 'max_parallel_per.region.eu' must be from 1 to 1000000");
    }
    EXPECT_THAT(config_error(R"({"max_parallel_per":{"region":{}}})"),
                HasSubstr("1 to 1000 sizes"));
}

TEST(WireBatchConfig, reads_times) {
    const Policy policy = policy_of(
        R"({"pause_after_batch":true,"batch_interval_sec":0.5,"node_timeout_sec":60,
            "batch_timeout_sec":2592000,"release_timeout_sec":0.0001,"bake_sec":1.25,
            "gate_url":"https://gate.example:8443/ok?x=1","gate_timeout_sec":10,"on_failure":"pause"})");
    EXPECT_TRUE(policy.pauses_after_batch);
    EXPECT_EQ(policy.batch_interval, Millis{500});
    EXPECT_EQ(policy.node_timeout, Millis{60'000});
    EXPECT_EQ(policy.batch_timeout, Millis{2'592'000'000});
    EXPECT_EQ(policy.release_timeout, Millis{1}) << "never nothing";
    EXPECT_EQ(policy.bake, Millis{1'250});
    EXPECT_EQ(policy.gates.at(0).url, "https://gate.example:8443/ok?x=1");
    EXPECT_EQ(policy.gate_timeout, Millis{10'000});
    EXPECT_EQ(policy.on_failure, OnFailure::pause);
    EXPECT_EQ(policy_of(R"({"on_failure":"stop"})").on_failure, OnFailure::stop);
    EXPECT_EQ(policy_of(R"({"on_failure":"rollback"})").on_failure, OnFailure::rollback);
    EXPECT_FALSE(policy.has_plan());
}

TEST(WireBatchConfig, refuses_times_and_gates_that_make_no_sense) {
    for (const char* field : {"batch_interval_sec", "node_timeout_sec", "batch_timeout_sec",
                              "release_timeout_sec", "bake_sec"}) {
        const std::string start = "{\"" + std::string(field) + "\":";
        for (const char* value : {"0", "-1", "2592000.5", "1e300"}) {
            EXPECT_EQ(config_error(start + value + "}"),
                      "field '" + std::string(field) +
                          "' must be above 0 and at most 2592000 (30 days); leave it out for none");
        }
        EXPECT_EQ(config_error(start + "\"5\"}"),
                  "field '" + std::string(field) + "' must be a number of seconds");
    }
    EXPECT_EQ(config_error(R"({"gate_timeout_sec":5})"),
              "gate_timeout_sec is given without gate_url or gates");
    EXPECT_EQ(config_error(R"({"gate_url":"ftp://x"})"),
              "field 'gate_url' must be an http or https URL");
    EXPECT_EQ(config_error(R"({"gate_url":"https://me:secret@x/"})"),
              "field 'gate_url' must be a URL without user name and password");
    EXPECT_EQ(config_error(R"({"pause_after_batch":1})"),
              "field 'pause_after_batch' must be true or false");
    EXPECT_EQ(policy_of("{}").min_evidence, MinEvidence::any);
    EXPECT_EQ(policy_of(R"({"min_evidence":"verify"})").min_evidence, MinEvidence::verify);
    for (const char* word : {"\"trial\"", "\"confirm\"", "\"\""}) {
        EXPECT_EQ(config_error(R"({"min_evidence":)" + std::string(word) + "}"),
                  "field 'min_evidence' must be any, check or verify");
    }
    EXPECT_EQ(config_error(R"({"on_failure":"retry"})"),
              "field 'on_failure' must be stop, pause or rollback");
}

TEST(WireBatchConfig, reads_windows) {
    const Policy policy = policy_of(
        R"({"windows":[{"from":"01:00","to":"05:30","tz":"+08:00"},{"from":"23:59","to":"00:00"},
            {"from":"00:00","to":"00:00","tz":"-14:00"},{"from":"00:00","to":"01:00","tz":"Z"}]})");
    EXPECT_THAT(policy.windows, ElementsAre(Window{60, 330, 480}, Window{1439, 0, 0},
                                            Window{0, 0, -840}, Window{0, 60, 0}));
}

TEST(WireBatchConfig, refuses_windows_that_are_none) {
    EXPECT_EQ(config_error(R"({"windows":[]})"),
              "field 'windows' must be a list of 1 to 100 windows");
    EXPECT_EQ(config_error(R"({"windows":[7]})"),
              "field 'windows[0]' must be an object with from, to and tz");
    EXPECT_EQ(config_error(R"({"windows":[{"from":"01:00","to":"02:00","day":"mon"}]})"),
              "key 'windows[0].day' is unknown");
    EXPECT_EQ(config_error(R"({"windows":[{"from":"01:00"}]})"),
              "field 'windows[0].to' must be a time of day from \"00:00\" to \"23:59\"");
    for (const char* time : {"24:00", "1:00", "01:60", "01-00", "01:00:00", "", "+1:00"}) {
        EXPECT_THAT(
            config_error(R"({"windows":[{"to":"01:00","from":")" + std::string(time) + "\"}]}"),
            HasSubstr("field 'windows[0].from' must be a time of day"))
            << time;
    }
    for (const char* zone : {"Europe/Berlin", "+8", "+0800", "+14:01", "08:00", "", "+08:60"}) {
        EXPECT_THAT(config_error(R"({"windows":[{"from":"01:00","to":"02:00","tz":")" +
                                 std::string(zone) + "\"}]}"),
                    HasSubstr("field 'windows[0].tz' must be"))
            << zone;
    }
}

TEST(LimitChange, sets_and_removes_a_limit_and_leaves_the_rest) {
    const std::string config =
        R"({"retries":2,"max_parallel":4,"windows":[{"from":"01:00","to":"02:00"}]})";
    LimitChange change;
    change.max_parallel = "8";
    change.max_parallel_per = R"({"region":2})";
    EXPECT_EQ(Json::parse(merge_batch_config(config, change).value()),
              Json::parse(R"({"retries":2,"max_parallel":8,"max_parallel_per":{"region":2},
                              "windows":[{"from":"01:00","to":"02:00"}]})"));
    change.max_parallel = "null";
    change.max_parallel_per.reset();
    EXPECT_EQ(Json::parse(merge_batch_config(config, change).value()),
              Json::parse(R"({"retries":2,"windows":[{"from":"01:00","to":"02:00"}]})"));
    EXPECT_EQ(merge_batch_config("", LimitChange{}).value(), "{}");
}

TEST(LimitChange, refuses_a_value_that_is_none) {
    LimitChange change;
    change.max_parallel = "-1";
    EXPECT_EQ(merge_batch_config("{}", change).error().message,
              "field 'max_parallel' must be from 0 to 1000000");
    EXPECT_FALSE(merge_batch_config("[]", LimitChange{}));
    EXPECT_FALSE(merge_batch_config("nonsense", LimitChange{}));
}

}  // namespace
}  // namespace edgeroll::release::wire
