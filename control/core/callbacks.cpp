#include "control/core/callbacks.hpp"

#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

constexpr int calls_max = 16;  // at once

struct Parts {
    CallbackStore& store;
    CallbackSender& sender;
    Observer& observer;
    int open = 0;
};

void tell(Parts& parts, const Callback& call, const CallbackSender::Answer& answer) {
    const bool is_over = answer.is_taken || call.is_last;
    parts.observer.note(answer.is_taken ? Severity::info : Severity::warn,
                        answer.is_taken ? "callback_done"
                        : is_over       ? "callback_given_up"
                                        : "callback_failed",
                        {{"release", std::to_string(call.release.value)},
                         {"try", std::to_string(call.tries)},
                         {"answer", answer.message}});
}

awaitable<void> make(std::shared_ptr<Parts> parts, Callback call) {
    const CallbackSender::Answer answer =
        co_await parts->sender.send(call.url, call.body, call.key);
    tell(*parts, call, answer);
    if (answer.is_taken || call.is_last) {
        const release::Result<void> settled =
            co_await parts->store.settle(call.release, answer.is_taken, answer.message);
        // Not written down: it is sent once more, under the same key.
        if (!settled) parts->observer.database_error(settled.error().outcome);
    }
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
            tls::rt::spawn(executor, std::move(name), make(parts, std::move(call)));
        }
    }
}

}  // namespace edgeroll::control
