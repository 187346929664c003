// Which gates a release may have: what GATE_ALLOW and GATE_TOKENS_DIR say of batch_config. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "release/policy.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::release::wire {

/// A relative path of 1 to 255 bytes without control characters, empty parts, `.` and `..`.
[[nodiscard]] bool is_token_path(std::string_view path);

/// Why a token must not be sent to this gate: it goes only to a host that GATE_ALLOW names exactly,
/// and only where GATE_TOKENS_DIR is set. Nothing: it may be sent, or the gate has none.
[[nodiscard]] std::optional<std::string> refused_token(const CallRules& rules, const Gate& gate);

/// Why a release with these gates is refused, as far as this shows without a look-up: a message
/// that begins with `batch_config: `. Nothing: their addresses decide.
[[nodiscard]] std::optional<std::string> refused_gates(const CallRules& rules,
                                                       const std::vector<Gate>& gates);

}  // namespace edgeroll::release::wire
