#include "sim_gates.hpp"

#include <algorithm>
#include <utility>

namespace edgeroll::sim {

using release::GateAnswer;

boost::asio::awaitable<GateAnswer> SimGates::ask(std::string url, Millis at_most) {
    Faults& faults = network_.faults;
    auto waiting = std::make_shared<Waiting<GateAnswer>>(context_);
    GateAnswer answer;
    answer.kind = GateAnswer::Kind::pass;
    answer.message = "200";
    Millis span{network_.latency_max};
    if (faults.happens(Fault::gate_fails)) {
        answer.kind = GateAnswer::Kind::fail;
        answer.message = "403";
    } else if (faults.happens(Fault::gate_unsure)) {
        answer.kind = GateAnswer::Kind::unsure;
        answer.message = "503";
        span += Millis{faults.rng().between(0, 10'000)};
    }
    if (answer.kind == GateAnswer::Kind::pass) network_.witness.gate_passes(url);
    network_.trace.note(network_.timeline.now(), owner_, "gate " + url + " " + answer.message);
    network_.timeline.after(std::min(span, at_most), [caller = std::weak_ptr(waiting), answer] {
        if (const auto alive = caller.lock()) alive->complete(answer);
    });
    GateAnswer heard = co_await Waiting<GateAnswer>::wait(std::move(waiting));
    if (heard.kind == GateAnswer::Kind::fail) network_.witness.gate_refused(owner_, url);
    co_return heard;
}

}  // namespace edgeroll::sim
