// Applies GATE_ALLOW and CALLBACK_ALLOW when connecting.
#pragma once

#include <memory>

#include "release/wire/call_rules.hpp"
#include "tls/http_client.hpp"

namespace edgeroll::control {

/// The rules in the form tls::fetch expects. The returned function shares them.
[[nodiscard]] decltype(tls::UrlRequest::refuses) dial_rules(
    std::shared_ptr<const release::wire::CallRules> rules);

}  // namespace edgeroll::control
