// Proof that the running server holds a version (AGENT_VERIFY_URL).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "agent/apply/machine.hpp"
#include "agent/ports.hpp"
#include "release/ids.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::agent {

struct Proof {
    std::string url;
    release::Version version;
    release::Instant until;             ///< given up then
    std::function<bool()> is_stopping;  ///< asked between tries
};

/// Asks until the answer is 200 with the version as its body, twice running: a reload returns
/// before it takes effect, and for a moment old and new workers of a server answer side by side.
/// Each request has a connection of its own. @param prober, clock must outlive the call
boost::asio::awaitable<apply::StepResult> prove_version(UrlProber& prober, tls::rt::Clock& clock,
                                                        Proof proof);

}  // namespace edgeroll::agent
