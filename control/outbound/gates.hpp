// control::Gates over http or https, by way of tls::fetch.
#pragma once

#include <memory>
#include <string>

#include "control/core/ports.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// 200 passes; 4xx fails, as does a gate that the rules forbid to call; anything else (also no
/// answer within 10 s, or no connection) is unsure.
[[nodiscard]] std::unique_ptr<Gates> make_gates(release::wire::CallRules rules);

/// What an operator sees of an answer: the status and, if the body has one, its first line that
/// begins with `reason:`. The rest of the body stays hidden: the service may not be meant to be
/// read.
[[nodiscard]] std::string told_of_gate(int status, const std::string& body);

}  // namespace edgeroll::control
