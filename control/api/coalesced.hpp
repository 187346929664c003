// Merges concurrent identical queries into one query to the database at a time.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>
#include <utility>

#include "control/core/ports.hpp"
#include "release/result.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control::api {

/// For calls without a token: health and metrics must answer promptly even when the database hangs,
/// and must not allow flooding it. Loop thread; must outlive the executor's context.
template <class T>
class Coalesced {
  public:
    using Source = std::function<awaitable<release::Result<T>>()>;

    /// @param source must not throw
    Coalesced(boost::asio::any_io_executor executor, Clock& clock, Source source)
        : executor_(std::move(executor)), clock_(clock), source_(std::move(source)) {}

    /// A result that is at most `fresh_for` old. Error 5002 when none arrives within `patience`.
    awaitable<release::Result<T>> get(release::Millis patience, release::Millis fresh_for) {
        const release::Instant deadline = clock_.now() + patience;
        if (!is_busy_ && (!has_answer_ || clock_.now() - read_at_ > fresh_for)) {
            is_busy_ = true;
            rt::spawn(executor_, "database look", look());
        }
        while (is_busy_ && clock_.now() < deadline) {
            const release::Instant soon = clock_.now() + release::Millis{5};
            co_await clock_.sleep_until(std::min(soon, deadline));
        }
        if (is_busy_) co_return too_slow();
        co_return last_;
    }

  private:
    static release::Result<T> too_slow() {
        return release::fail("the database does not answer in time", release::Outcome::not_done,
                             release::code::database);
    }

    awaitable<void> look() {
        const release::Instant asked = clock_.now();
        auto answer = co_await source_();
        last_ = std::move(answer);
        read_at_ = asked;
        has_answer_ = true;
        is_busy_ = false;
    }

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    Source source_;
    release::Result<T> last_ = too_slow();
    release::Instant read_at_{};
    bool has_answer_ = false;
    bool is_busy_ = false;
};

}  // namespace edgeroll::control::api
