// Whatever Prometheus answers: a pass means that the whole answer arrived, that it had samples, and
// that each of them passes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "release/gate_query.hpp"
#include "release/wire/prometheus_answer.hpp"

namespace edgeroll::release::wire {
namespace {

using Kind = GateAnswer::Kind;

PrometheusRule any_rule() {
    PrometheusRule rule;
    const auto op = [] {
        return *rc::gen::element(Comparison::Op::less, Comparison::Op::at_most,
                                 Comparison::Op::greater, Comparison::Op::at_least,
                                 Comparison::Op::equal, Comparison::Op::unequal);
    };
    rule.pass = {op(), static_cast<double>(*rc::gen::inRange(-3, 4))};
    if (*rc::gen::arbitrary<bool>()) {
        rule.fail = Comparison{op(), static_cast<double>(*rc::gen::inRange(-3, 4))};
    }
    return rule;
}

double any_value() {
    const int kind = *rc::gen::inRange(0, 12);
    if (kind == 0) return std::numeric_limits<double>::quiet_NaN();
    if (kind == 1) return std::numeric_limits<double>::infinity();
    return *rc::gen::inRange(-8, 9) / 2.0;
}

std::string answer_of(const std::vector<double>& values) {
    std::string text = R"({"status":"success","data":{"resultType":"vector","result":[)";
    for (std::size_t i = 0; i < values.size(); ++i) {
        text += std::string(i == 0 ? "" : ",") + R"({"metric":{"edge":"e)" + std::to_string(i) +
                R"("},"value":[1,")" + number_text(values[i]) + "\"]}";
    }
    return text + "]}}";
}

GateAnswer judged(const PrometheusRule& rule, const std::string& text) {
    return judged_reply(rule, "up", {200, text, Millis{1}});
}

RC_GTEST_PROP(PrometheusAnswers, are_as_bad_as_their_worst_sample, ()) {
    const PrometheusRule rule = any_rule();
    const auto values = *rc::gen::container<std::vector<double>>(rc::gen::exec(any_value));
    const Kind kind = judged(rule, answer_of(values)).kind;
    const auto count = [&](auto holds) {
        return std::count_if(values.begin(), values.end(), holds);
    };
    const auto bad = count([&](double value) {
        if (!std::isfinite(value)) return false;
        return rule.fail ? rule.fail->holds(value) : !rule.pass.holds(value);
    });
    const auto good = count([&](double value) {
        return rule.pass.holds(value) && !(rule.fail && rule.fail->holds(value));
    });
    const bool is_all_good = !values.empty() && good == static_cast<std::ptrdiff_t>(values.size());
    RC_ASSERT((kind == Kind::fail) == (bad > 0));
    RC_ASSERT((kind == Kind::pass) == is_all_good);
}

RC_GTEST_PROP(PrometheusAnswers, are_unsure_when_cut_or_changed, ()) {
    PrometheusRule rule;
    rule.pass = {Comparison::Op::less, 100};
    const std::string whole = answer_of({1, 2, *rc::gen::inRange(0, 90) / 4.0});
    RC_ASSERT(judged(rule, whole).kind == Kind::pass);
    const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(whole.size())));
    RC_ASSERT(judged(rule, whole.substr(0, at)).kind == Kind::unsure);
    const std::string behind = *rc::gen::element<std::string>("x", "{}", "0", "]", ",", whole);
    RC_ASSERT(judged(rule, whole + behind).kind == Kind::unsure);
}

RC_GTEST_PROP(GateQueries, quote_every_name_or_refuse_it, ()) {
    QueryValues values;
    values.released = {*rc::gen::string<std::string>()};
    const auto query = resolved_query("x{e=~\"{{released_re}}\"}", values);
    if (!query) return;
    const std::string inside = query->substr(7, query->size() - 9);
    RC_ASSERT(inside.find_first_of("\"\\`'\n") == std::string::npos);
}

}  // namespace
}  // namespace edgeroll::release::wire
