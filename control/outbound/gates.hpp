// The gates between batches, over http or https: control::Gates by way of tls::fetch.
#pragma once

#include <memory>
#include <string>

#include "control/core/ports.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// 200 passes, 4xx fails, and so does a gate that the rules do not let be called; anything else
/// (also no answer within 10 s, or no connection) is unsure.
[[nodiscard]] std::unique_ptr<Gates> make_gates(release::wire::CallRules rules);

/// What an operator gets to see of an answer: the status and, where the body has one, its first
/// line that begins with `reason:`. Nothing else of a body: it may be of a service that was never
/// meant to be read.
[[nodiscard]] std::string told_of_gate(int status, const std::string& body);

}  // namespace edgeroll::control
