// What is asked whether a release may go on (docs/contract.md 6.11), and how answers are
// judged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "release/evidence.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// The result of one question to a gate.
struct GateAnswer {
    enum class Kind { pass, fail, unsure };
    Kind kind = Kind::unsure;
    std::string message;  ///< the answer's text, for last_error and the history
    /// What kind of answer it is, without its numbers: answers of one class in a row are recorded
    /// once. Empty: the message says it.
    std::string summary_class{};
    std::string detail{};  ///< JSON text for the evidence, at most evidence_detail_bytes_max
};

/// `OP NUMBER`, e.g. `< 0.01`.
struct Comparison {
    enum class Op { less, at_most, greater, at_least, equal, unequal };
    Op op = Op::less;
    double number = 0;  ///< finite
    /// False for a value that is not finite.
    [[nodiscard]] bool holds(double value) const;
    friend bool operator==(const Comparison&, const Comparison&) = default;
};

/// Spaces around and between the two parts are fine. Nothing for anything else.
[[nodiscard]] std::optional<Comparison> parse_comparison(std::string_view text);
/// `< 0.01`
[[nodiscard]] std::string to_text(const Comparison& comparison);
/// The shortest text that reads back as the same number; `NaN`, `+Inf`, `-Inf`.
[[nodiscard]] std::string number_text(double number);
/// Some finite value meets both.
[[nodiscard]] bool do_overlap(const Comparison& one, const Comparison& other);

/// A query to Prometheus, and what its answer means.
struct PrometheusRule {
    std::string url;         ///< of the server; /api/v1/query is added
    std::string query;       ///< with variables (release/gate_query.hpp)
    std::string token_file;  ///< below GATE_TOKENS_DIR; empty: no token is sent
    Comparison pass;
    std::optional<Comparison> fail;  ///< nothing: what does not pass fails
    int consecutive = 1;             ///< so many failing answers in a row are a failure
    /// The meaning of no sample and of NaN.
    GateAnswer::Kind no_data = GateAnswer::Kind::unsure;
    friend bool operator==(const PrometheusRule&, const PrometheusRule&) = default;
};

struct Gate {
    std::string name;  ///< in the evidence; evidence::gate_url for the key gate_url
    std::string url;   ///< 200 passes, 4xx fails, anything else is unsure; empty: see prometheus
    std::optional<PrometheusRule> prometheus;
    Millis every{15'000};     ///< between two questions while the release bakes
    Millis after{0};          ///< from the batch's end to the first question
    int from_batch = 1;       ///< ordinal; the final look asks it all the same
    bool is_dry_run = false;  ///< asked and recorded, decides nothing
    /// The URL that is called.
    [[nodiscard]] const std::string& target() const { return prometheus ? prometheus->url : url; }
    /// Its query names nodes whose turn is to come ({{peers_re}}): it is not asked in the final
    /// look.
    [[nodiscard]] bool needs_peers() const;
    [[nodiscard]] int consecutive() const { return prometheus ? prometheus->consecutive : 1; }
    friend bool operator==(const Gate&, const Gate&) = default;
};

[[nodiscard]] Judgement judgement(GateAnswer::Kind kind);
/// `200 passes, 4xx fails`, `< 0.01 passes, >= 0.05 fails`: the rule of the evidence.
[[nodiscard]] std::string rule_of(const Gate& gate);
/// `the gate`, or `gate '5xx'` for a gate with a name of its own.
[[nodiscard]] std::string called(const Gate& gate);

/// One number of a Prometheus answer.
struct Sample {
    std::string labels;  ///< `{edge="e1"}`; empty for a scalar
    double value = 0;    ///< may be NaN or infinite
};

/// What the samples of an answer mean. Every sample is judged; a failing one goes before a doubtful
/// one, that before a passing one, and among equals the one that is furthest from passing decides.
struct Judged {
    GateAnswer::Kind kind = GateAnswer::Kind::unsure;
    std::string message;        ///< names the sample that decides
    std::string summary_class;  ///< `value`, `no data`, `infinite`
    bool has_data = false;      ///< every sample is a number, and there is one
};
[[nodiscard]] Judged judge(const PrometheusRule& rule, const std::vector<Sample>& samples);

}  // namespace edgeroll::release
