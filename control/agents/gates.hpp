// The gates between batches, over http or https: control::Gates by way of tls::fetch.
#pragma once

#include <memory>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// 200 passes, 4xx fails, anything else (also no answer within 10 s, or no connection) is unsure.
[[nodiscard]] std::unique_ptr<Gates> make_gates();

}  // namespace edgeroll::control
