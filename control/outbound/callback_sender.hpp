// control::CallbackSender over https (http on loopback), by way of tls::fetch.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "control/core/callbacks.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// POST with an `Idempotency-Key`; 2xx within 10 s accepts it. With a token every call has
/// `X-Edgeroll-Signature`, and calls to hosts that a rule names exactly have `Authorization: Bearer
/// <token>` too. The token is sent only over https or to loopback.
[[nodiscard]] std::unique_ptr<CallbackSender> make_callback_sender(std::string token,
                                                                   release::wire::CallRules rules);

/// The value of X-Edgeroll-Signature: `sha256=` and the HMAC-SHA-256 of the body in hex.
[[nodiscard]] std::string signature_of(std::string_view token, std::string_view body);

}  // namespace edgeroll::control
