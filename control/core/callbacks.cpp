#include "control/core/callbacks.hpp"

#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

constexpr int calls_max = 16;  // concurrent calls

struct Parts {
    CallbackStore& store;
    CallbackSender& sender;
    Observer& observer;
    int open = 0;
};

CallbackOutcome outcome_of(const Callback& call, const CallbackSender::Answer& answer) {
    if (answer.is_taken) return CallbackOutcome::done;
    if (answer.is_refused) return CallbackOutcome::refused;
    return call.is_last ? CallbackOutcome::given_up : CallbackOutcome::failed;
}

void tell(Parts& parts, const Callback& call, const CallbackSender::Answer& answer) {
    const CallbackOutcome outcome = outcome_of(call, answer);
    parts.observer.note(outcome == CallbackOutcome::done ? Severity::info : Severity::warn,
                        outcome == CallbackOutcome::done      ? "callback_done"
                        : outcome == CallbackOutcome::failed  ? "callback_failed"
                        : outcome == CallbackOutcome::refused ? "callback_refused"  // event
                                                              : "callback_given_up",
                        {{"release", std::to_string(call.release.value)},
                         {"try", std::to_string(call.tries)},
                         {"answer", answer.message}});
}

awaitable<void> make(std::shared_ptr<Parts> parts, Callback call) {
    const CallbackSender::Answer answer =
        co_await parts->sender.send(call.url, call.body, call.key);
    tell(*parts, call, answer);
    const release::Result<void> settled =
        co_await parts->store.settle(call, outcome_of(call, answer), answer.message);
    // Not recorded, so the callback is sent again under the same key.
    if (!settled) parts->observer.database_error(settled.error().outcome);
    --parts->open;
}

}  // namespace

boost::asio::awaitable<void> run_callbacks(CallbackStore& store, CallbackSender& sender,
                                           Clock& clock, Observer& observer,
                                           release::Millis interval) {
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    auto parts = std::make_shared<Parts>(Parts{store, sender, observer});
    while (true) {
        co_await clock.sleep_until(clock.now() + interval);
        if (parts->open >= calls_max) continue;
        release::Result<std::vector<Callback>> due = co_await store.due(calls_max - parts->open);
        if (!due) {
            observer.database_error(due.error().outcome);
            continue;
        }
        for (Callback& call : *due) {
            ++parts->open;
            std::string name = "callback " + std::to_string(call.release.value);
            rt::spawn(executor, std::move(name), make(parts, std::move(call)));
        }
    }
}

}  // namespace edgeroll::control
