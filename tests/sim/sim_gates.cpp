#include "sim_gates.hpp"

#include <algorithm>
#include <utility>

#include "release/wire/prometheus_answer.hpp"

namespace edgeroll::sim {

using release::GateAnswer;

SimGates::Reply SimGates::reply_of_url() {
    Faults& faults = network_.faults;
    if (faults.happens(Fault::gate_fails)) return {{GateAnswer::Kind::fail, "403"}};
    if (faults.happens(Fault::gate_unsure)) {
        return {{GateAnswer::Kind::unsure, "503"}, false, true};
    }
    return {{GateAnswer::Kind::pass, "200"}, true};
}

SimGates::Reply SimGates::reply_of_prometheus(const release::AskGate& what) {
    Faults& faults = network_.faults;
    std::string samples = R"({"metric":{"edge":"e1"},"value":[1,"0.001"]})";
    int status = 200;
    bool is_pass = true;
    if (faults.happens(Fault::gate_fails)) {
        samples += R"(,{"metric":{"edge":"e2"},"value":[1,"0.5"]})";
        is_pass = false;
    } else if (faults.happens(Fault::gate_unsure)) {
        if (faults.rng().chance(0.5)) status = 503;
        samples += "]";  // not JSON
        is_pass = false;
    } else if (faults.happens(Fault::gate_without_data)) {
        samples = faults.rng().chance(0.5) ? "" : R"({"metric":{},"value":[1,"NaN"]})";
        is_pass = false;
    }
    const std::string body =
        R"({"status":"success","data":{"resultType":"vector","result":[)" + samples + "]}}";
    GateAnswer answer =
        release::wire::judged_reply(*what.gate.prometheus, what.query, {status, body, Millis{1}});
    return {std::move(answer), is_pass, status != 200};
}

boost::asio::awaitable<GateAnswer> SimGates::ask(release::AskGate what, Millis at_most) {
    const std::string url = what.gate.target();
    auto waiting = std::make_shared<Waiting<GateAnswer>>(context_);
    Reply reply = what.gate.prometheus ? reply_of_prometheus(what) : reply_of_url();
    Millis span{network_.latency_max};
    if (reply.is_slow) span += Millis{network_.faults.rng().between(0, 10'000)};
    if (reply.is_pass) network_.witness.gate_passes(url);
    network_.trace.note(network_.timeline.now(), owner_,
                        "gate " + url + " " + reply.answer.message);
    network_.timeline.after(std::min(span, at_most),
                            [caller = std::weak_ptr(waiting), answer = std::move(reply.answer)] {
                                if (const auto alive = caller.lock()) alive->complete(answer);
                            });
    GateAnswer heard = co_await Waiting<GateAnswer>::wait(std::move(waiting));
    // A failing answer that must be seen again is no refusal.
    const bool has_refused = heard.kind == GateAnswer::Kind::fail && what.gate.consecutive() == 1;
    if (has_refused) network_.witness.gate_refused(owner_, url);
    co_return heard;
}

}  // namespace edgeroll::sim
