// The keys of gates in batch_config, and which gates a release may have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "release/evidence.hpp"
#include "release/wire/batch_config.hpp"
#include "release/wire/gate_rules.hpp"

namespace edgeroll::release::wire {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string list(const std::string& entries) {
    return "{\"gates\":[" + entries + "]}";
}

Gate gate_of(const std::string& entry) {
    const auto policy = parse_batch_config(list(entry));
    EXPECT_TRUE(policy) << policy.error().message;
    return policy ? policy->gates.at(0) : Gate{};
}

std::string refusal(const std::string& config) {
    const auto policy = parse_batch_config(config);
    EXPECT_FALSE(policy) << config;
    if (policy) return "";
    EXPECT_EQ(policy.error().code, code::invalid);
    return policy.error().message;
}

std::string prometheus(const std::string& more, const std::string& source = "") {
    return R"({"name":"q","prometheus":{"url":"https://prom.example","query":"up")" + source + "}" +
           more + "}";
}

TEST(WireGates, reads_a_list) {
    const auto policy = parse_batch_config(
        R"({"gate_url":"http://g/","gate_every_sec":20,"gate_timeout_sec":60,"gates":[
            {"name":"own","url":"https://own.example/ok?x=1","every_sec":2.5,"after_sec":60,
             "from_batch":2,"dry_run":true},
            {"name":"5xx","prometheus":{"url":"https://prom.example/p/","query":"up == {{batch}}",
             "token_file":"prom/token"},"pass":"< 0.01","fail":">= 0.05","consecutive":3,
             "no_data":"fail","after_sec":0}]})");
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(policy->gate_timeout, Millis{60'000});
    ASSERT_EQ(policy->gates.size(), 3U);
    EXPECT_EQ(policy->gates[0].name, evidence::gate_url);
    EXPECT_EQ(policy->gates[0].every, Millis{20'000});
    const Gate& own = policy->gates[1];
    EXPECT_EQ(own.name + " " + own.url, "own https://own.example/ok?x=1");
    EXPECT_EQ(own.every, Millis{2'500});
    EXPECT_EQ(own.after, Millis{60'000});
    EXPECT_EQ(own.from_batch, 2);
    EXPECT_TRUE(own.is_dry_run);
    const Gate& errors = policy->gates[2];
    EXPECT_EQ(errors.every, Millis{20'000});
    EXPECT_EQ(errors.after, Millis{0});
    ASSERT_TRUE(errors.prometheus);
    EXPECT_EQ(errors.prometheus->token_file, "prom/token");
    EXPECT_EQ(errors.prometheus->no_data, GateAnswer::Kind::fail);
    EXPECT_EQ(errors.consecutive(), 3);
    EXPECT_EQ(rule_of(errors), "< 0.01 passes, >= 0.05 fails if seen 3 times, no data fails");
    EXPECT_EQ(gate_of(prometheus(R"(,"pass":"< 1")")).every, Millis{15'000});
    EXPECT_TRUE(policy->has_look());
}

TEST(WireGates, refuses_what_it_does_not_know) {
    EXPECT_THAT(refusal(list(R"({"name":"a","url":"http://a/","colour":1})")),
                HasSubstr("gates[0]: key 'colour' is unknown"));
    EXPECT_THAT(refusal(list(R"({"name":"a","counters":{}})")),
                HasSubstr("gates[0]: 'counters' is not built yet"));
    EXPECT_THAT(refusal(list(R"({"name":"a","plugin":"x"})")), HasSubstr("'plugin' is not built"));
    EXPECT_THAT(refusal(list(prometheus(R"(,"pass":"< 1")", R"(,"user":"x")"))),
                HasSubstr("gates[0].prometheus: key 'user' is unknown"));
    EXPECT_THAT(refusal(R"({"gates":[]})"), HasSubstr("'gates' must be a list of 1 to 8 gates"));
    EXPECT_THAT(refusal(R"({"gates":{}})"), HasSubstr("a list of 1 to 8"));
    EXPECT_THAT(refusal(R"({"gates":[7]})"), HasSubstr("'gates[0]' must be an object"));
    std::string nine;
    for (int i = 0; i < 9; ++i)
        nine += std::string(i == 0 ? "" : ",") + R"({"name":"g)" + std::to_string(i) +
                R"(","url":"http://a/"})";
    EXPECT_THAT(refusal(list(nine)), HasSubstr("1 to 8"));
}

TEST(WireGates, refuses_names_that_are_none_or_mean_something_else) {
    for (const char* name : {"", "A", "a b", "ä", "a.b", "123456789012345678901234567890123"}) {
        EXPECT_THAT(refusal(list(R"({"url":"http://a/","name":")" + std::string(name) + "\"}")),
                    HasSubstr("1 to 32 of a-z, 0-9, _ and -"))
            << name;
    }
    for (const char* name : {"proof", "limits", "operator", "gate"}) {
        EXPECT_THAT(refusal(list(R"({"url":"http://a/","name":")" + std::string(name) + "\"}")),
                    HasSubstr("the evidence uses"))
            << name;
    }
    EXPECT_THAT(refusal(list(R"({"url":"http://a/"})")), HasSubstr("'name' is missing"));
    EXPECT_THAT(refusal(list(R"({"name":"a","url":"http://a/"},{"name":"a","url":"http://b/"})")),
                HasSubstr("'gates[1].name' must be different from the other names"));
}

TEST(WireGates, refuses_values_out_of_bounds) {
    for (const char* part : {R"("from_batch":0)", R"("from_batch":1.5)", R"("every_sec":0)",
                             R"("every_sec":"5")", R"("after_sec":-1)", R"("dry_run":1)",
                             R"("prometheus":{})", R"("pass":"< 1")", R"("no_data":"pass")"}) {
        EXPECT_THAT(refusal(list(R"({"name":"a","url":"http://a/",)" + std::string(part) + "}")),
                    StartsWith("batch_config: "));
    }
    EXPECT_THAT(refusal(list(R"({"name":"a"})")), HasSubstr("must have url or prometheus"));
    EXPECT_THAT(refusal(list(R"({"name":"a","url":"ftp://a/"})")),
                HasSubstr("'gates[0].url' must be an http or https URL"));
}

TEST(WireGates, refuses_queries_that_cannot_be_judged) {
    EXPECT_THAT(refusal(list(prometheus(""))), HasSubstr("'pass' is missing"));
    for (const char* more :
         {R"(,"pass":"0.01")", R"(,"pass":"< inf")", R"(,"pass":1)", R"(,"pass":"< 1","fail":"x")",
          R"(,"pass":"< 1","consecutive":0)", R"(,"pass":"< 1","consecutive":101)",
          R"(,"pass":"< 1","no_data":"maybe")"}) {
        EXPECT_THAT(refusal(list(prometheus(more))), StartsWith("batch_config: ")) << more;
    }
    EXPECT_THAT(refusal(list(prometheus(R"(,"pass":"< 0.05","fail":"> 0.01")"))),
                HasSubstr("a condition that no passing number meets"));
    EXPECT_THAT(refusal(list(R"({"name":"a","prometheus":{"url":"http://p/","query":"{{x}}"},)"
                             R"("pass":"< 1"})")),
                HasSubstr("unknown variables: {{x}}"));
    EXPECT_THAT(refusal(list(R"({"name":"a","prometheus":{"url":"http://p/?a=b","query":"up"},)"
                             R"("pass":"< 1"})")),
                HasSubstr("without a query"));
    for (const char* path : {"/etc/passwd", "../x", "a/../b", "a//b", "", "a/", "./a", "a\\nb"}) {
        EXPECT_THAT(refusal(list(prometheus(R"(,"pass":"< 1")",
                                            R"(,"token_file":")" + std::string(path) + "\""))),
                    HasSubstr("below GATE_TOKENS_DIR"))
            << path;
    }
}

TEST(WireGates, may_be_called_or_not) {
    CallRules rules = *parse_call_rules(CallKind::gate, "");
    const std::vector<Gate> forbidden{
        gate_of(R"({"name":"q","prometheus":{"url":"http://127.0.0.1:9090","query":"up"},)"
                R"("pass":"< 1"})")};
    EXPECT_THAT(refused_gates(rules, forbidden).value_or(""),
                StartsWith("batch_config: field 'prometheus.url' of gate 'q' may not be called: "));
    const std::vector<Gate> own{gate_of(R"({"name":"a","url":"http://localhost/"})")};
    EXPECT_THAT(refused_gates(rules, own).value_or(""), HasSubstr("field 'url' of gate 'a'"));
    EXPECT_FALSE(refused_gates(rules, {gate_of(prometheus(R"(,"pass":"< 1")"))}));
}

TEST(WireGates, may_have_a_token_or_not) {
    const Gate gate = gate_of(prometheus(R"(,"pass":"< 1")", R"(,"token_file":"t")"));
    CallRules rules = *parse_call_rules(CallKind::gate, "");
    EXPECT_THAT(refused_gates(rules, {gate}).value_or(""), HasSubstr("GATE_TOKENS_DIR is not set"));
    rules.tokens_dir = "/etc/edgeroll/gates";
    EXPECT_THAT(refused_gates(rules, {gate}).value_or(""), HasSubstr("must name its host exactly"));
    rules = *parse_call_rules(CallKind::gate, "*.example");
    rules.tokens_dir = "/etc/edgeroll/gates";
    EXPECT_TRUE(refused_gates(rules, {gate}));
    rules = *parse_call_rules(CallKind::gate, "prom.example:443");
    rules.tokens_dir = "/etc/edgeroll/gates";
    EXPECT_FALSE(refused_gates(rules, {gate}));
}

}  // namespace
}  // namespace edgeroll::release::wire
