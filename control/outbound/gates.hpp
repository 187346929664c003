// control::Gates over http or https, by way of tls::fetch.
#pragma once

#include <memory>
#include <string>

#include "control/core/ports.hpp"
#include "release/wire/call_rules.hpp"
#include "tls/rt/secret_file.hpp"

namespace edgeroll::control {

/// A URL: 200 passes; 4xx fails, as does a gate that the rules forbid to call; anything else (also
/// no answer within 10 s, or no connection) is unsure. A query: control/outbound/prometheus_gate.
/// @param rules GATE_ALLOW and GATE_TOKENS_DIR
/// @param loose of token files
[[nodiscard]] std::unique_ptr<Gates> make_gates(release::wire::CallRules rules,
                                                rt::LooseFiles loose = rt::LooseFiles::refused);

/// What an operator sees of an answer: the status and, if the body has one, its first line that
/// begins with `reason:`. The rest of the body stays hidden: the service may not be meant to be
/// read.
[[nodiscard]] std::string told_of_gate(int status, const std::string& body);

}  // namespace edgeroll::control
