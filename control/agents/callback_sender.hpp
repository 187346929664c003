// Callbacks over https (http on loopback): control::CallbackSender by way of tls::fetch.
#pragma once

#include <memory>
#include <string>

#include "control/core/callbacks.hpp"

namespace edgeroll::control {

/// POST with `Authorization: Bearer <token>` (none when empty) and an `Idempotency-Key`; 2xx within
/// 10 s takes it. The token goes over https, or to loopback, only.
[[nodiscard]] std::unique_ptr<CallbackSender> make_callback_sender(std::string token);

}  // namespace edgeroll::control
