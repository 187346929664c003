// When a release whose rows do not come is given up.
#pragma once

#include "release/time.hpp"

namespace edgeroll::control {

/// How long a half-inserted release is waited for after its rows last grew; database clock.
inline constexpr release::Millis row_patience{60'000};

}  // namespace edgeroll::control
