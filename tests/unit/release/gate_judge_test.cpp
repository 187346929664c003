// Numbers, conditions and queries of Prometheus gates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "release/evidence.hpp"
#include "release/gate.hpp"
#include "release/gate_query.hpp"

namespace edgeroll::release {
namespace {

using Kind = GateAnswer::Kind;
using testing::HasSubstr;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

PrometheusRule rule(const char* pass, const char* failing = nullptr) {
    PrometheusRule made;
    made.pass = *parse_comparison(pass);
    if (failing != nullptr) made.fail = parse_comparison(failing);
    return made;
}

std::vector<Sample> samples(const std::vector<double>& values) {
    std::vector<Sample> made;
    for (const double value : values)
        made.push_back({"{edge=\"e" + std::to_string(made.size() + 1) + "\"}", value});
    return made;
}

Kind kind(const PrometheusRule& rule, const std::vector<double>& values) {
    return judge(rule, samples(values)).kind;
}

TEST(GateJudge, reads_conditions) {
    for (const char* text : {"< 0.01", "<=1", " >-2.5e3 ", ">= 0", "== 1", "!= 7"})
        EXPECT_TRUE(parse_comparison(text)) << text;
    EXPECT_EQ(to_text(*parse_comparison("<=0.050")), "<= 0.05");
    for (const char* text : {"", "0.01", "<", "= 1", "< x", "< 0.01 0.02", "< nan", "> inf", "<> 1",
                             "< 1e999", "=< 1", "< 0x10", "< 1,5", "< +1"})
        EXPECT_FALSE(parse_comparison(text)) << text;
}

TEST(GateJudge, passes_only_what_meets_the_condition) {
    EXPECT_EQ(kind(rule("< 0.01"), {0.009}), Kind::pass);
    EXPECT_EQ(kind(rule("< 0.01"), {0.01}), Kind::fail);
    EXPECT_EQ(kind(rule("< 0.01", ">= 0.05"), {0.01}), Kind::unsure);
    EXPECT_EQ(kind(rule("< 0.01", ">= 0.05"), {0.05}), Kind::fail);
    EXPECT_EQ(kind(rule("== 1"), {1}), Kind::pass);
    EXPECT_EQ(kind(rule("!= 1"), {1}), Kind::fail);
}

TEST(GateJudge, judges_every_sample_and_names_the_worst) {
    const Judged judged = judge(rule("< 0.01", ">= 0.05"), samples({0.001, 0.06, 0.02, 0.07}));
    EXPECT_EQ(judged.kind, Kind::fail);
    EXPECT_EQ(judged.message, "0.07 >= 0.05 (worst of 4: {edge=\"e4\"})");
    EXPECT_EQ(kind(rule("< 0.01", ">= 0.05"), {0.001, 0.02}), Kind::unsure);
    EXPECT_EQ(judge(rule("< 0.01"), samples({0.001, 0.005})).message,
              "0.005 < 0.01 (worst of 2: {edge=\"e2\"})");
    EXPECT_THAT(judge(rule("> 10"), samples({12, 11, 13})).message, HasSubstr("e2"));
    EXPECT_EQ(judge(rule("< 1", "> 2"), {{"", 1.5}}).message, "1.5 is not < 1, nor > 2");
}

TEST(GateJudge, is_unsure_without_data) {
    for (const std::vector<double>& values :
         {std::vector<double>{}, {nan}, {0.001, nan}, {inf}, {-inf}, {0.001, -inf}}) {
        const Judged judged = judge(rule("< 0.01"), samples(values));
        EXPECT_EQ(judged.kind, Kind::unsure);
        EXPECT_FALSE(judged.has_data);
    }
    EXPECT_EQ(kind(rule("!= 7"), {nan}), Kind::unsure);
    EXPECT_EQ(kind(rule("< 0.01"), {nan, 5}), Kind::fail) << "a failing sample is enough";
    EXPECT_TRUE(judge(rule("< 0.01"), samples({0.001})).has_data);
}

TEST(GateJudge, does_without_data_as_the_gate_says) {
    PrometheusRule lenient = rule("< 0.01");
    lenient.no_data = Kind::pass;
    EXPECT_EQ(kind(lenient, {}), Kind::pass);
    EXPECT_EQ(kind(lenient, {nan, 0.001}), Kind::pass);
    EXPECT_EQ(kind(lenient, {nan, 0.5}), Kind::fail);
    EXPECT_EQ(kind(lenient, {inf}), Kind::unsure) << "an infinite number is no lack of data";
    EXPECT_FALSE(judge(lenient, {}).has_data);
    EXPECT_THAT(judge(lenient, {}).message, HasSubstr("no_data lets pass"));
    lenient.no_data = Kind::fail;
    EXPECT_EQ(kind(lenient, {}), Kind::fail);
}

TEST(GateJudge, finds_conditions_that_both_hold) {
    const auto overlap = [](const char* one, const char* other) {
        return do_overlap(*parse_comparison(one), *parse_comparison(other));
    };
    EXPECT_FALSE(overlap("< 0.01", ">= 0.01"));
    EXPECT_TRUE(overlap("<= 0.01", ">= 0.01"));
    EXPECT_FALSE(overlap("< 0.01", "> 0.05"));
    EXPECT_TRUE(overlap("< 0.05", "> 0.01"));
    EXPECT_TRUE(overlap("< 1", "< 2"));
    EXPECT_FALSE(overlap("== 1", "!= 1"));
    EXPECT_TRUE(overlap("!= 1", "!= 2"));
    EXPECT_TRUE(overlap("!= 1", "> 1"));
    EXPECT_FALSE(overlap("== 1", "> 1"));
}

TEST(GateJudge, keeps_words_of_the_evidence_from_gates) {
    for (const char* word : {"proof", "limits", "operator", "gate", "prepare"})
        EXPECT_TRUE(evidence::is_reserved(word)) << word;
    EXPECT_FALSE(evidence::is_reserved("5xx"));
}

TEST(GateQuery, fills_in_each_variable_once) {
    QueryValues values;
    values.release = 7;
    values.version = 12;
    values.batch = 2;
    values.since_sec = 30;
    values.released = {"a.b", "{{release}}"};
    EXPECT_EQ(
        *resolved_query("{{release}} {{version}} {{batch}} {{since_sec}} {{released_re}}", values),
        "7 12 2 30 a[.]b|[{][{]release[}][}]");
    EXPECT_EQ(*resolved_query("sum(up{job=\"x\"})", values), "sum(up{job=\"x\"})");
}

TEST(GateQuery, cannot_name_every_node) {
    QueryValues values;
    EXPECT_THAT(resolved_query("{{released_re}}", values).error().message, HasSubstr("is empty"));
    values.released.assign(names_max, "e");
    EXPECT_TRUE(resolved_query("{{released_re}}", values));
    values.released.emplace_back("e");
    EXPECT_THAT(resolved_query("{{released_re}}", values).error().message,
                HasSubstr("would name 2001 nodes"));
    for (const char* name : {"a\"b", "a\\b", "a`b", "a'b", "a^b", "a\nb"}) {
        values.released = {name};
        EXPECT_FALSE(resolved_query("{{released_re}}", values)) << name;
    }
}

TEST(GateQuery, knows_its_variables) {
    EXPECT_FALSE(fault_of_query("rate(x{a=\"{{released_re}}\"}[{{since_sec}}s])"));
    EXPECT_FALSE(fault_of_query("up{a=\"}}\"}"));
    for (const char* query : {"{{x}}", "{{ release }}", "{{release", "{{}}", "{{{release}}}"})
        EXPECT_TRUE(fault_of_query(query)) << query;
    EXPECT_THAT(*fault_of_query("{{peer_re}}"), HasSubstr("is none of"));
}

TEST(GateQuery, names_a_sample_of_the_peers) {
    QueryValues values;
    values.released = {"a"};
    EXPECT_THAT(resolved_query("{{peers_re}}", values).error().message,
                HasSubstr("no node of the release is still to come"));
    values.peers = {"b", "c"};
    EXPECT_EQ(*resolved_query("{{released_re}}/{{peers_re}}/{{peers_re}}", values), "a/b|c/b|c");
    EXPECT_TRUE(uses_peers("x{e=~\"{{peers_re}}\"}"));
    EXPECT_FALSE(uses_peers("x{e=~\"{{released_re}}\"}"));

    std::vector<std::string> names;
    for (int i = 0; i < 5'000; ++i)
        names.push_back(std::to_string(i));
    const auto sample = sample_of(names);
    EXPECT_EQ(sample.size(), 1'667U);  // every third
    EXPECT_EQ(sample.back(), "4998");
    names.resize(names_max);
    EXPECT_EQ(sample_of(names), names);
    names.resize(names_max + 1);
    EXPECT_LE(sample_of(names).size(), names_max);
    EXPECT_TRUE(sample_of({}).empty());
}

}  // namespace
}  // namespace edgeroll::release
