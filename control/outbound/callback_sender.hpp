// Callbacks over https (http on loopback): control::CallbackSender by way of tls::fetch.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "control/core/callbacks.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// POST with an `Idempotency-Key`; 2xx within 10 s takes it. With a token every call carries
/// `X-Edgeroll-Signature`, and hosts that the rules name exactly get `Authorization: Bearer
/// <token>` too. The token goes over https, or to loopback, only.
[[nodiscard]] std::unique_ptr<CallbackSender> make_callback_sender(std::string token,
                                                                   release::wire::CallRules rules);

/// The value of X-Edgeroll-Signature: `sha256=` and the HMAC-SHA-256 of the body in hex.
[[nodiscard]] std::string signature_of(std::string_view token, std::string_view body);

}  // namespace edgeroll::control
