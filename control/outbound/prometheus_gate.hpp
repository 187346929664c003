// A gate that is a query to Prometheus (docs/contract.md 6.11).
#pragma once

#include <memory>
#include <string>

#include "control/core/ports.hpp"
#include "release/wire/call_rules.hpp"
#include "tls/rt/secret_file.hpp"

namespace edgeroll::control {

/// POSTs the query; 10 s at most. An answer that is not whole, of another status than 200, or none
/// is unsure; a server that the rules forbid to call has failed. The token file is read now, and
/// its token sent to this URL only.
[[nodiscard]] awaitable<release::GateAnswer> ask_prometheus(
    std::shared_ptr<const release::wire::CallRules> rules, rt::LooseFiles loose,
    release::AskGate what, release::Millis at_most);

/// The token in a file below GATE_TOKENS_DIR, without the white space around it. Error: why there
/// is none, in words that follow its name; never with what the file has.
[[nodiscard]] release::Result<std::string> read_gate_token(const std::string& folder,
                                                           const std::string& path,
                                                           rt::LooseFiles loose);

}  // namespace edgeroll::control
