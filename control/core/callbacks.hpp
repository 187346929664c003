// Reports finished releases to release_tasks.callback_url. Never delays a release: it only reads
// finished ones.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// One due callback, reserved for this process until its next try.
struct Callback {
    release::ReleaseId release;
    std::string url;
    std::string body;      ///< JSON object, the same in every try
    std::string ended_at;  ///< which end of the release it reports
    std::string key;       ///< Idempotency-Key of this end of the release, the same in every try
    int tries = 1;         ///< including this one
    bool is_last = false;
};

/// Result of a try: accepted, to be repeated, failed for the last time, or not sent because the URL
/// may not be called.
enum class CallbackOutcome { done, failed, given_up, refused };

/// The database, as callbacks use it. Any number of processes may ask: each call is given to one of
/// them.
class CallbackStore {
  public:
    virtual ~CallbackStore() = default;
    /// Finished releases whose callback is due, oldest first; their next try is recorded before
    /// they are returned.
    /// @param limit > 0
    virtual awaitable<release::Result<std::vector<Callback>>> due(int limit) = 0;
    /// Records the result of a try, with history. Changes nothing if the release was retried
    /// meanwhile, even if it has ended again.
    virtual awaitable<release::Result<void>> settle(Callback call, CallbackOutcome outcome,
                                                    std::string answer) = 0;
};

/// Sends one callback. Never throws.
class CallbackSender {
  public:
    struct Answer {
        bool is_taken = false;    ///< 2xx
        bool is_refused = false;  ///< the URL may not be called, so nothing was sent
        std::string message;      ///< the status, or the error
    };
    virtual ~CallbackSender() = default;
    virtual awaitable<Answer> send(std::string url, std::string body, std::string key) = 0;
};

/// Loop thread. Polls every `interval`, for ever, with a limit on concurrent calls. The parts must
/// outlive the io_context's coroutines.
[[nodiscard]] boost::asio::awaitable<void> run_callbacks(CallbackStore& store,
                                                         CallbackSender& sender, Clock& clock,
                                                         Observer& observer,
                                                         release::Millis interval);

}  // namespace edgeroll::control
