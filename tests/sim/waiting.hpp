// How a real coroutine waits for the simulated world: a timer that never expires, cancelled when
// the answer is there. Only the simulator pumps the coroutine's own io_context.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace edgeroll::sim {

/// All suspended coroutines of one control process.
class ControlContext final : public boost::asio::io_context {
  public:
    ControlContext() : boost::asio::io_context(1) {}
    /// kill -9: every suspended coroutine is destroyed. Everything that the coroutines refer to
    /// must still be alive.
    void abandon() { shutdown(); }

    bool has_work = true;  ///< a handler has completed since the last pump
};

template <class T>
class Waiting {
  public:
    explicit Waiting(ControlContext& context)
        : context_(context), timer_(context, boost::asio::steady_timer::time_point::max()) {}

    /// The first answer counts, later ones are dropped.
    void complete(T value) {
        if (value_) return;
        value_.emplace(std::move(value));
        context_.has_work = true;
        timer_.cancel();
    }

    /// Taken by value: the frame keeps it alive and the completing side holds a weak pointer, so an
    /// answer to a dead process is dropped.
    static boost::asio::awaitable<T> wait(std::shared_ptr<Waiting> self) {
        constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
        while (!self->value_) {
            co_await self->timer_.async_wait(token);
        }
        co_return std::move(*self->value_);
    }

  private:
    ControlContext& context_;
    boost::asio::steady_timer timer_;
    std::optional<T> value_;
};

}  // namespace edgeroll::sim
