// The step verify: conditions under which a version counts as served (docs/contract.md 5.7,
// docs/adr/0011-verify.md).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "agent/apply/machine.hpp"
#include "agent/ports.hpp"
#include "agent/task.hpp"
#include "release/ids.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::agent {

struct Verification {
    std::string url;           ///< AGENT_VERIFY_URL; empty: the served version cannot be asked for
    release::Version version;  ///< the expected answer
    bool is_new_version = true;  ///< false: it was live before, so the answer is no evidence
    release::Instant until;      ///< of the whole step
    Millis url_wait{0};          ///< how long the URL may answer something else, per round
    VerifyPace pace;
    std::function<bool()> is_stopping;  ///< polled between attempts
    /// Returns the part of the server's answer that may be shown; none: all of it.
    std::function<boost::asio::awaitable<std::string>(std::string)> shown;
    /// AGENT_VERIFY_CMD, within the given time; success when none is set.
    std::function<boost::asio::awaitable<apply::StepResult>(Millis)> command;
};

/// With a URL: waits until it answers 200 with the version as its body, three times in a row and
/// for `steady_for`, each on a new connection; runs the command; requests the URL once more. The
/// command's result counts only if the URL still answers the version: a reload returns before it
/// takes effect, and for a moment old and new workers of a server answer side by side. Otherwise
/// the round is repeated. Without a URL: gives a reload `steady_for` to take effect, and repeats a
/// failing command for `repeat_for`.
/// @param prober, clock must outlive the call
boost::asio::awaitable<apply::StepResult> verify_version(UrlProber& prober, rt::Clock& clock,
                                                         Verification verification);

}  // namespace edgeroll::agent
