// Tells whoever asked (release_tasks.callback_url) that a release is finished. Never delays a
// release: it looks at finished ones only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// One call that is due, taken by this process until its next try.
struct Callback {
    release::ReleaseId release;
    std::string url;
    std::string body;      ///< JSON object, the same for every try
    std::string ended_at;  ///< which end of the release it tells of
    std::string key;       ///< Idempotency-Key: of this end of the release, the same for every try
    int tries = 1;         ///< this one included
    bool is_last = false;
};

/// What became of a try: taken, to be tried again, the last one and not taken, or never made
/// because its URL may not be called.
enum class CallbackOutcome { done, failed, given_up, refused };

/// The database, as callbacks see it. Any number of processes may ask: each call is given to one.
class CallbackStore {
  public:
    virtual ~CallbackStore() = default;
    /// Finished releases whose call is due, oldest first; their next try is written down before
    /// they are returned. @param limit > 0
    virtual awaitable<release::Result<std::vector<Callback>>> due(int limit) = 0;
    /// Writes down what became of a try, with history. Changes nothing for a release that was
    /// retried meanwhile, also when it has ended again.
    virtual awaitable<release::Result<void>> settle(Callback call, CallbackOutcome outcome,
                                                    std::string answer) = 0;
};

/// Sends one call. Never throws.
class CallbackSender {
  public:
    struct Answer {
        bool is_taken = false;    ///< 2xx
        bool is_refused = false;  ///< the URL may not be called, and was not
        std::string message;      ///< the status, or what went wrong
    };
    virtual ~CallbackSender() = default;
    virtual awaitable<Answer> send(std::string url, std::string body, std::string key) = 0;
};

/// Loop thread. Looks every `interval`, for ever; at most some calls at once. The parts must
/// outlive the io_context's coroutines.
[[nodiscard]] boost::asio::awaitable<void> run_callbacks(CallbackStore& store,
                                                         CallbackSender& sender, Clock& clock,
                                                         Observer& observer,
                                                         release::Millis interval);

}  // namespace edgeroll::control
