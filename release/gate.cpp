#include "release/gate.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "release/evidence.hpp"
#include "release/gate_query.hpp"
#include "release/mutant.hpp"

namespace edgeroll::release {
namespace {

using AnswerKind = GateAnswer::Kind;
using Op = Comparison::Op;

struct OpWord {
    std::string_view word;
    Op op;
};
// The longer words first: `<` begins `<=` too.
constexpr std::array<OpWord, 6> op_words{{{"<=", Op::at_most},
                                          {">=", Op::at_least},
                                          {"==", Op::equal},
                                          {"!=", Op::unequal},
                                          {"<", Op::less},
                                          {">", Op::greater}}};

std::string_view without_spaces(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

AnswerKind kind_of(const PrometheusRule& rule, double value) {
    if (std::isnan(value)) {
        return has_mutant(Mutant::no_data_passes) ? AnswerKind::pass : rule.no_data;
    }
    if (std::isinf(value)) return AnswerKind::unsure;
    if (rule.fail && rule.fail->holds(value)) return AnswerKind::fail;
    if (rule.pass.holds(value)) return AnswerKind::pass;
    return rule.fail ? AnswerKind::unsure : AnswerKind::fail;
}

int badness(AnswerKind kind) {
    return kind == AnswerKind::fail ? 2 : kind == AnswerKind::unsure ? 1 : 0;
}

// How far the value is from passing; the largest is the worst.
double from_passing(const Comparison& pass, double value) {
    if (!std::isfinite(value)) return std::numeric_limits<double>::infinity();
    switch (pass.op) {
        case Op::less:
        case Op::at_most:
            return value;
        case Op::greater:
        case Op::at_least:
            return -value;
        case Op::equal:
            return std::abs(value - pass.number);
        case Op::unequal:
            return -std::abs(value - pass.number);
    }
    return value;
}

// Of an answer without data.
std::string meant(AnswerKind kind) {
    if (kind == AnswerKind::unsure) return "";
    return kind == AnswerKind::pass ? ", which no_data lets pass" : ", which no_data lets fail";
}

// `0.02 is not < 0.01`, `0.002 < 0.01`, `0.06 >= 0.05`
std::string seen_text(const PrometheusRule& rule, double value, AnswerKind kind) {
    const std::string number = number_text(value);
    if (std::isnan(value)) return "the value is NaN" + meant(kind);
    if (std::isinf(value)) return "the value is " + number;
    if (kind == AnswerKind::fail && rule.fail && rule.fail->holds(value)) {
        return number + " " + to_text(*rule.fail);
    }
    if (kind == AnswerKind::pass) return number + " " + to_text(rule.pass);
    return number + " is not " + to_text(rule.pass) +
           (rule.fail ? ", nor " + to_text(*rule.fail) : "");
}

}  // namespace

bool Comparison::holds(double value) const {
    if (!std::isfinite(value)) return false;
    switch (op) {
        case Op::less:
            return value < number;
        case Op::at_most:
            return value <= number;
        case Op::greater:
            return value > number;
        case Op::at_least:
            return value >= number;
        case Op::equal:
            return value == number;
        case Op::unequal:
            return value != number;
    }
    return false;
}

std::optional<Comparison> parse_comparison(std::string_view text) {
    text = without_spaces(text);
    const auto* const found =
        std::find_if(op_words.begin(), op_words.end(),
                     [&](const OpWord& one) { return text.starts_with(one.word); });
    if (found == op_words.end()) return std::nullopt;
    text = without_spaces(text.substr(found->word.size()));
    Comparison comparison{found->op, 0};
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, comparison.number);
    if (error != std::errc() || stop != end || !std::isfinite(comparison.number)) {
        return std::nullopt;
    }
    return comparison;
}

std::string to_text(const Comparison& comparison) {
    const auto* const found =
        std::find_if(op_words.begin(), op_words.end(),
                     [&](const OpWord& one) { return one.op == comparison.op; });
    return std::string(found->word) + " " + number_text(comparison.number);
}

std::string number_text(double number) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
    std::array<char, 32> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() ? std::string(text.data(), end) : "?";
}

bool do_overlap(const Comparison& one, const Comparison& other) {
    // Each comparison changes only at its number: these values stand for all others.
    constexpr double most = std::numeric_limits<double>::max();
    std::vector<double> values{-most, most, one.number / 2 + other.number / 2};
    for (const double number : {one.number, other.number}) {
        values.push_back(number);
        values.push_back(std::nextafter(number, -most));
        values.push_back(std::nextafter(number, most));
    }
    return std::any_of(values.begin(), values.end(),
                       [&](double value) { return one.holds(value) && other.holds(value); });
}

bool Gate::needs_peers() const {
    return prometheus && uses_peers(prometheus->query);
}

Judgement judgement(GateAnswer::Kind kind) {
    using Kind = GateAnswer::Kind;
    return kind == Kind::pass   ? Judgement::pass
           : kind == Kind::fail ? Judgement::fail
                                : Judgement::unsure;
}

std::string rule_of(const Gate& gate) {
    if (!gate.prometheus) return "200 passes, 4xx fails";
    const PrometheusRule& rule = *gate.prometheus;
    std::string text = to_text(rule.pass) + " passes, ";
    text += rule.fail ? to_text(*rule.fail) + " fails" : "anything else fails";
    if (rule.consecutive > 1) text += " if seen " + std::to_string(rule.consecutive) + " times";
    if (rule.no_data != AnswerKind::unsure) {
        text += std::string(", no data ") + (rule.no_data == AnswerKind::pass ? "passes" : "fails");
    }
    return text;
}

std::string called(const Gate& gate) {
    return gate.name == evidence::gate_url ? "the gate" : "gate '" + gate.name + "'";
}

Judged judge(const PrometheusRule& rule, const std::vector<Sample>& samples) {
    if (samples.empty()) {
        const AnswerKind kind =
            has_mutant(Mutant::no_data_passes) ? AnswerKind::pass : rule.no_data;
        return {kind, "the query has no result" + meant(kind), "no data", false};
    }
    const Sample* worst = nullptr;
    for (const Sample& sample : samples) {
        const auto rank = [&](const Sample& one) {
            return std::pair(badness(kind_of(rule, one.value)), from_passing(rule.pass, one.value));
        };
        if (worst == nullptr || rank(*worst) < rank(sample)) worst = &sample;
    }
    Judged judged;
    judged.kind = kind_of(rule, worst->value);
    judged.message = seen_text(rule, worst->value, judged.kind);
    if (samples.size() > 1) {
        judged.message += " (worst of " + std::to_string(samples.size());
        judged.message += worst->labels.empty() ? ")" : ": " + worst->labels + ")";
    } else if (!worst->labels.empty() && worst->labels != "{}") {
        judged.message += " (" + worst->labels + ")";
    }
    judged.summary_class = std::isnan(worst->value)   ? "no data"
                           : std::isinf(worst->value) ? "infinite"
                                                      : "value";
    judged.has_data = std::none_of(samples.begin(), samples.end(),
                                   [](const Sample& one) { return !std::isfinite(one.value); });
    return judged;
}

}  // namespace edgeroll::release
