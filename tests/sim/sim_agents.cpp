#include "sim_agents.hpp"

#include <algorithm>
#include <utility>

namespace edgeroll::sim {

using release::Answer;
using release::Heard;

namespace {

std::string describe(const Message& message) {
    switch (message.kind) {
        case Message::Kind::dispatch:
            return "dispatch " + message.task_id;
        case Message::Kind::query:
            return "query " + message.task_id;
        case Message::Kind::cancel:
            break;
    }
    return "cancel " + message.task_id;
}

std::string describe(const Answer& answer) {
    static constexpr const char* words[] = {
        "accepted", "unknown_task", "refused",    "wrong_state",   "server_error", "nonsense",
        "not_sent", "no_answer",    "wrong_peer", "lacks_content", "used_id",      "other_task"};
    std::string text = words[static_cast<std::size_t>(answer.heard)];
    if (answer.heard == Heard::accepted) {
        text += " ";
        text += release::to_text(answer.status);
    }
    return text;
}

}  // namespace

boost::asio::awaitable<Answer> SimAgents::dispatch(release::Address to, std::string task_id,
                                                   std::shared_ptr<const control::Parcel> parcel,
                                                   Sending, Millis time_left, Millis at_most) {
    network_.witness.sends_dispatch(owner_, task_id, *parcel);
    Message message;
    message.kind = Message::Kind::dispatch;
    message.task_id = std::move(task_id);
    message.parcel = std::move(parcel);
    message.time_left = time_left;
    message.at_most = at_most;
    return send(to.ip, std::move(message));
}

boost::asio::awaitable<bool> SimAgents::is_back(release::Address to) {
    auto waiting = std::make_shared<Waiting<release::Pulse>>(context_);
    ask_state(to.ip, Millis{3'000}, waiting);
    const release::Pulse pulse = co_await Waiting<release::Pulse>::wait(std::move(waiting));
    co_return pulse.is_answered;
}

boost::asio::awaitable<release::Pulse> SimAgents::state(release::Address to, Millis at_most) {
    auto waiting = std::make_shared<Waiting<release::Pulse>>(context_);
    ask_state(to.ip, at_most, waiting);
    release::Pulse pulse = co_await Waiting<release::Pulse>::wait(std::move(waiting));
    if (pulse.is_answered) network_.witness.beats(owner_, to.name);
    co_return pulse;
}

void SimAgents::ask_state(const std::string& address, Millis at_most, const Asker& asker) {
    Timeline& timeline = network_.timeline;
    const auto say = [asker](const release::Pulse& pulse) {
        if (const auto alive = asker.lock()) alive->complete(pulse);
    };
    timeline.after(at_most, [say] { say(release::Pulse{}); });
    const auto found = network_.nodes.find(address);
    Faults& faults = network_.faults;
    if (found == network_.nodes.end() || network_.is_cut(owner_)) return;
    if (faults.happens(Fault::request_refused) || faults.happens(Fault::answer_lost)) return;
    SimNode& node = *found->second;
    timeline.after(latency(node), [network = &network_, &node, say, back = latency(node)] {
        const Instant now = network->timeline.now();
        if (!node.is_up() || node.is_dead || now < node.away_until) return;
        if (now < node.wrong_certificate_until) return;
        release::Pulse pulse;
        pulse.is_answered = true;
        if (!node.is_two_call) pulse.observed = node.observation();
        network->timeline.after(back, [say, pulse = std::move(pulse)] { say(pulse); });
    });
}

// Simulated nodes are always sent the payload.
boost::asio::awaitable<bool> SimAgents::holds(release::Address, std::string, Millis) {
    co_return false;
}

boost::asio::awaitable<Answer> SimAgents::query(release::Address to, std::string task_id,
                                                Millis hold, Millis at_most) {
    Message message;
    message.kind = Message::Kind::query;
    message.task_id = std::move(task_id);
    message.hold = hold;
    message.at_most = at_most;
    return send(to.ip, std::move(message));
}

boost::asio::awaitable<Answer> SimAgents::cancel(release::Address to, std::string task_id,
                                                 Millis at_most) {
    Message message;
    message.kind = Message::Kind::cancel;
    message.task_id = std::move(task_id);
    message.at_most = at_most;
    return send(to.ip, std::move(message));
}

boost::asio::awaitable<Answer> SimAgents::send(std::string address, Message message) {
    auto waiting = std::make_shared<Waiting<Answer>>(context_);
    const Caller caller = waiting;
    const Instant sent_at = network_.timeline.now();
    put_on_the_wire(address, message, caller);
    Answer answer = co_await Waiting<Answer>::wait(std::move(waiting));
    network_.trace.note(network_.timeline.now(), owner_,
                        describe(message) + " -> " + describe(answer));
    network_.witness.heard(owner_, message, sent_at, answer);
    co_return answer;
}

Millis SimAgents::latency(const SimNode& node) {
    const bool is_slow = network_.timeline.now() < node.slow_until;
    return Millis{rng_.between(1, network_.latency_max.count())} * (is_slow ? 60 : 1);
}

void SimAgents::answer(Millis span, const Caller& caller, Heard heard, const char* why) {
    network_.timeline.after(span, [caller, heard, why] {
        const auto alive = caller.lock();
        if (!alive) return;
        Answer answer;
        answer.heard = heard;
        answer.message = why;
        alive->complete(std::move(answer));
    });
}

void SimAgents::deliver(Millis span, SimNode& node, const Message& message, const Caller& caller,
                        Millis back, Timing timing) {
    // A message that was sent arrives, even if its sender dies.
    const Instant sent = network_.timeline.now();
    network_.timeline.after(
        span, [network = &network_, &node, message, caller, back, timing, sent, owner = owner_] {
            if (node.is_dead || network->timeline.now() < node.away_until) return;
            // A question that was asked later may overtake a slow dispatch.
            const bool is_overtaken = network->asked_at[message.task_id] > sent;
            if (message.kind == Message::Kind::query) {
                network->asked_at[message.task_id] = network->timeline.now();
            }
            if (is_overtaken || (timing == Timing::late && caller.expired())) {
                network->witness.arrives_late(message.task_id);
            }
            network->trace.note(network->timeline.now(), node.name(), "gets " + describe(message));
            node.receive(message, [network, caller, back](Answer answer) {
                network->timeline.after(back, [caller, answer = std::move(answer)] {
                    if (const auto alive = caller.lock()) alive->complete(answer);
                });
            });
            if (network->on_delivered) network->on_delivered(owner);
        });
}

void SimAgents::put_on_the_wire(const std::string& address, const Message& message,
                                const Caller& caller) {
    const auto found = network_.nodes.find(address);
    if (found == network_.nodes.end()) {
        answer(std::min(network_.connect_timeout, message.at_most), caller, Heard::not_sent,
               "no route to host");
        return;
    }
    SimNode& node = *found->second;
    Faults& faults = network_.faults;
    const Instant now = network_.timeline.now();
    const Millis there = latency(node);
    const Millis back = latency(node);
    const Millis timeout = std::min(network_.request_timeout + message.hold, message.at_most);
    if (node.is_dead || now < node.away_until || network_.is_cut(owner_)) {
        const Millis silence = std::min(network_.connect_timeout, message.at_most);
        const Millis span = rng_.chance(0.5) ? there : silence;
        answer(span, caller, Heard::not_sent, "connection refused");
        return;
    }
    if (now < node.wrong_certificate_until) {
        answer(there + back, caller, Heard::wrong_peer, "the certificate is not the node's");
        return;
    }
    if (faults.happens(Fault::request_refused)) {
        answer(there, caller, Heard::not_sent, "connection broken");
        return;
    }
    if (faults.happens(Fault::answer_server_error)) {
        answer(there + back, caller, Heard::server_error, "503");
        return;
    }
    if (faults.happens(Fault::answer_nonsense)) {
        if (rng_.chance(0.5)) deliver(there, node, message, Caller(), back);
        answer(there + back, caller, Heard::nonsense, "not an answer");
        return;
    }
    // From here on the request is fully written, and silence proves nothing.
    answer(timeout, caller, Heard::no_answer, "no answer in time");
    if (faults.happens(Fault::request_lost)) return;
    if (faults.happens(Fault::answer_lost)) {
        deliver(there, node, message, Caller(), back);
        if (rng_.chance(0.5)) answer(there + back, caller, Heard::no_answer, "connection reset");
        return;
    }
    if (faults.happens(Fault::request_late)) {
        deliver(Millis{rng_.between(500, 90'000)}, node, message, caller, back, Timing::late);
        return;
    }
    deliver(there, node, message, caller, back);
    if (message.kind == Message::Kind::dispatch && faults.happens(Fault::request_repeated)) {
        deliver(Millis{rng_.between(100, 200'000)}, node, message, Caller(), back, Timing::late);
    }
}

}  // namespace edgeroll::sim
