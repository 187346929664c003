#include "release/wire/prometheus_answer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "release/evidence.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t shown_labels_bytes_max = 200;
constexpr std::size_t told_bytes_max = 300;
constexpr std::size_t shown_samples_max = 50;
constexpr std::size_t shown_query_bytes_max = 16U << 10;

tl::unexpected<Error> no_samples(const std::string& message) {
    return fail(message, Outcome::permanent, code::invalid);
}

// As Go's strconv writes a number. Nothing for any other text.
std::optional<double> number_of(std::string_view text) {
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
    if (text == "-Inf") return -std::numeric_limits<double>::infinity();
    if (text.find_first_not_of("0123456789.eE+-") != text.npos) return std::nullopt;
    double number = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

// `[1700000000.123,"0.5"]`
std::optional<double> sample_value(const Json& pair) {
    const bool is_pair =
        pair.is_array() && pair.size() == 2 && pair[0].is_number() && pair[1].is_string();
    return is_pair ? number_of(pair[1].get_ref<const std::string&>()) : std::nullopt;
}

// `up{job="x"}`. Nothing: not an object of texts.
std::optional<std::string> labels_of(const Json& metric) {
    if (!metric.is_object()) return std::nullopt;
    std::string name, text;
    for (const auto& [label, value] : metric.items()) {
        if (!value.is_string()) return std::nullopt;
        const auto& word = value.get_ref<const std::string&>();
        if (label == "__name__") {
            name = word;
        } else {
            text.append(text.empty() ? "" : ",").append(label).append("=\"").append(word) += '"';
        }
    }
    text.insert(0, 1, '{').insert(0, name) += '}';
    return shortened(repair_utf8(text), shown_labels_bytes_max);
}

Result<std::vector<Sample>> samples_of(const Json& result) {
    if (!result.is_array()) return no_samples("its result is no list");
    if (result.size() > samples_max) {
        return no_samples("its result has " + std::to_string(result.size()) +
                          " samples, and 1000 are judged: aggregate in the query");
    }
    std::vector<Sample> samples;
    for (const Json& one : result) {
        const bool has_both = one.is_object() && one.contains("metric") && one.contains("value");
        if (!has_both) return no_samples("a sample of its result is no number");
        auto labels = labels_of(one["metric"]);
        const auto value = sample_value(one["value"]);
        if (!labels || !value) return no_samples("a sample of its result is malformed");
        samples.push_back({std::move(*labels), *value});
    }
    return samples;
}

std::string text_in(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// `bad_data: parse error …` of an answer with `status` `error`; empty: it is no such answer.
std::string told_error(const Json& answer) {
    if (!answer.is_object() || text_in(answer, "status") != "error") return "";
    const std::string text = text_in(answer, "errorType") + ": " + text_in(answer, "error");
    return shortened(repair_utf8(text), told_bytes_max);
}

bool has_warnings(const Json& answer) {
    const auto found = answer.find("warnings");
    return found != answer.end() && !found->is_null() && !found->empty();
}

// As VictoriaMetrics marks an answer while some of its storage is away.
bool is_partial(const Json& answer) {
    const auto found = answer.find("isPartial");
    return found != answer.end() && *found != false;
}

std::string detail_of(const std::string& query, const PrometheusReply& reply,
                      const std::vector<Sample>& samples, bool has_data) {
    Json detail = Json::object();
    detail["query"] = shortened(repair_utf8(query), shown_query_bytes_max);
    detail["tookMs"] = reply.took.count();
    detail["data"] = has_data;
    detail["count"] = samples.size();
    Json shown = Json::array();
    for (const Sample& sample : samples) {
        if (shown.size() == shown_samples_max) break;
        // JSON has no NaN: all numbers are texts, as in the answer.
        shown.push_back({{"labels", sample.labels}, {"value", number_text(sample.value)}});
    }
    detail["samples"] = std::move(shown);
    std::string text = dump_json(detail);
    if (text.size() <= evidence_detail_bytes_max) return text;
    detail.erase("samples");
    detail.erase("query");
    return dump_json(detail);
}

}  // namespace

Result<std::vector<Sample>> parse_prometheus_answer(std::string_view text) {
    const auto answer = parse_json(text, prometheus_bytes_max);
    if (!answer) return no_samples("its answer is " + answer.error().message);
    if (!answer->is_object()) return no_samples("its answer is no object");
    if (const std::string told = told_error(*answer); !told.empty()) return no_samples(told);
    if (text_in(*answer, "status") != "success") return no_samples("its answer has no status");
    if (has_warnings(*answer)) {
        return no_samples("its answer has warnings, so it may not be whole: " +
                          shortened(dump_json((*answer)["warnings"]), told_bytes_max));
    }
    if (is_partial(*answer)) return no_samples("its answer is partial (isPartial)");
    const auto data = answer->find("data");
    if (data == answer->end() || !data->is_object() || !data->contains("result")) {
        return no_samples("its answer has no result");
    }
    const std::string type = text_in(*data, "resultType");
    if (type == "vector") return samples_of((*data)["result"]);
    if (type != "scalar") {
        return no_samples("its result is of type '" + cut_utf8(type, 32) +
                          "', not a vector or a scalar");
    }
    const auto value = sample_value((*data)["result"]);
    if (!value) return no_samples("its scalar is malformed");
    return std::vector<Sample>{{"", *value}};
}

GateAnswer judged_reply(const PrometheusRule& rule, const std::string& query,
                        const PrometheusReply& reply) {
    GateAnswer answer;
    std::vector<Sample> samples;
    bool has_data = false;
    if (reply.status != 200) {
        const std::string status = std::to_string(reply.status);
        const auto body = parse_json(reply.body, prometheus_bytes_max);
        const std::string told = body ? told_error(*body) : "";
        answer.message = status + (told.empty() ? "" : " " + told);
        if (reply.status / 100 == 3) answer.message += ": redirects are not followed";
        answer.summary_class = "http " + status;
    } else if (auto read = parse_prometheus_answer(reply.body); !read) {
        answer.message = read.error().message;
        answer.summary_class = "no valid answer";
    } else {
        samples = std::move(*read);
        Judged judged = judge(rule, samples);
        answer.kind = judged.kind;
        answer.message = std::move(judged.message);
        answer.summary_class = std::move(judged.summary_class);
        has_data = judged.has_data;
    }
    answer.detail = detail_of(query, reply, samples, has_data);
    return answer;
}

}  // namespace edgeroll::release::wire
