#include "control/outbound/gates.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "control/outbound/dial_rules.hpp"
#include "control/outbound/prometheus_gate.hpp"
#include "release/text/utf8.hpp"
#include "tls/http_client.hpp"

namespace edgeroll::control {
namespace {

using release::GateAnswer;
using release::wire::CallRules;

constexpr release::Millis question_timeout{10'000};
constexpr std::size_t gate_answer_bytes_max = 64U << 10;
constexpr std::size_t shown_bytes_max = 200;
constexpr std::string_view reason_mark = "reason:";

GateAnswer not_allowed(const std::string& reason) {
    return {GateAnswer::Kind::fail, "it may not be called: " + reason};
}

awaitable<GateAnswer> ask_url(std::shared_ptr<const CallRules> rules, release::AskGate what,
                              release::Millis at_most) {
    tls::UrlRequest request;
    request.url = std::move(what.gate.url);
    request.timeout = std::min(question_timeout, at_most);
    request.response_bytes_max = gate_answer_bytes_max;
    request.refuses = dial_rules(std::move(rules));
    const auto answer = co_await tls::fetch(std::move(request));
    GateAnswer told_so;
    if (!answer && answer.error().code == release::code::forbidden) {
        co_return not_allowed(answer.error().message);
    }
    if (!answer) {
        told_so.message = answer.error().message;
        co_return told_so;
    }
    told_so.message = told_of_gate(answer->status, answer->body);
    told_so.summary_class = std::to_string(answer->status);
    if (answer->status == 200) told_so.kind = GateAnswer::Kind::pass;
    if (answer->status >= 400 && answer->status < 500) told_so.kind = GateAnswer::Kind::fail;
    co_return told_so;
}

class WebGates final : public Gates {
  public:
    WebGates(CallRules rules, rt::LooseFiles loose)
        : rules_(std::make_shared<const CallRules>(std::move(rules))), loose_(loose) {}

    awaitable<GateAnswer> ask(release::AskGate what, release::Millis at_most) override {
        if (const auto refused = release::wire::refused_url(*rules_, what.gate.target())) {
            co_return not_allowed(*refused);
        }
        if (what.gate.prometheus) {
            co_return co_await ask_prometheus(rules_, loose_, std::move(what), at_most);
        }
        co_return co_await ask_url(rules_, std::move(what), at_most);
    }

  private:
    std::shared_ptr<const CallRules> rules_;
    rt::LooseFiles loose_;
};

}  // namespace

std::string told_of_gate(int status, const std::string& body) {
    std::string text = std::to_string(status);
    std::string_view rest = body;
    while (!rest.empty()) {
        const auto end = rest.find_first_of("\r\n");
        const std::string_view line = rest.substr(0, end);
        if (line.starts_with(reason_mark)) {
            return text + " " + release::shortened(release::repair_utf8(line), shown_bytes_max);
        }
        if (end == rest.npos) break;
        rest.remove_prefix(end + 1);
    }
    return text;
}

std::unique_ptr<Gates> make_gates(CallRules rules, rt::LooseFiles loose) {
    return std::make_unique<WebGates>(std::move(rules), loose);
}

}  // namespace edgeroll::control
