// Waits for a result for a limited time and abandons it when it is late.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "release/time.hpp"

namespace edgeroll::rt {

/// Runs `work` and returns its value, or nothing after `limit`. Late work is not cancelled (work
/// that ignores the cancellation would block the caller): it runs on alone, everything it refers to
/// must live that long, and its value is dropped. Exceptions within the limit are rethrown here.
/// Loop thread.
template <class T>
boost::asio::awaitable<std::optional<T>> within(boost::asio::any_io_executor executor,
                                                release::Millis limit,
                                                boost::asio::awaitable<T> work) {
    struct Shared {
        explicit Shared(const boost::asio::any_io_executor& e) : done(e) {}
        boost::asio::steady_timer done;
        bool is_over = false;
        std::optional<T> value;
        std::exception_ptr failure;
    };
    auto shared = std::make_shared<Shared>(executor);
    shared->done.expires_after(limit);
    boost::asio::co_spawn(executor, std::move(work), [shared](std::exception_ptr failure, T value) {
        shared->is_over = true;
        shared->failure = failure;
        if (!failure) shared->value.emplace(std::move(value));
        shared->done.cancel();
    });
    if (!shared->is_over) {
        co_await shared->done.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    if (shared->failure) std::rethrow_exception(shared->failure);
    co_return std::move(shared->value);
}

}  // namespace edgeroll::rt
