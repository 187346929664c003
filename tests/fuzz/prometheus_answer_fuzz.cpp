// The answer of a Prometheus gate: written by a machine elsewhere, and a release may go on by it.
#include <cmath>

#include "demand.hpp"
#include "release/evidence.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/prometheus_answer.hpp"

namespace {

namespace release = edgeroll::release;
using edgeroll::fuzz::demand;
using Kind = release::GateAnswer::Kind;

void check(const release::PrometheusRule& rule, std::string_view text) {
    const auto samples = release::wire::parse_prometheus_answer(text);
    const release::GateAnswer answer =
        release::wire::judged_reply(rule, "up", {200, text, release::Millis{1}});
    demand(release::wire::parse_json(answer.detail, release::evidence_detail_bytes_max).has_value(),
           "its detail is JSON");
    demand(!answer.message.empty(), "it says something");
    demand(release::wire::judged_reply(rule, "up", {500, text, release::Millis{1}}).kind ==
               Kind::unsure,
           "no other status counts");
    if (!samples) {
        demand(answer.kind == Kind::unsure, "what cannot be read is unsure");
        return;
    }
    if (answer.kind != Kind::pass) return;
    demand(!samples->empty(), "nothing passes without a sample");
    for (const release::Sample& sample : *samples)
        demand(std::isfinite(sample.value) && rule.pass.holds(sample.value),
               "each sample passes by itself");
    // With anything behind it, it is no answer.
    const std::string longer = std::string(text) + "{}";
    demand(!release::wire::parse_prometheus_answer(longer), "nothing may follow");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = edgeroll::fuzz::text_of(data, size);
    release::PrometheusRule rule;
    for (const char* pass : {"< 0.01", "!= 7", ">= 0"}) {
        rule.pass = *release::parse_comparison(pass);
        check(rule, text);
    }
    return 0;
}
