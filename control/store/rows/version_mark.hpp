// The highest version ever used, including deleted releases (docs/contract.md 3.10): a row of
// `counters`.
#pragma once

#include <cstdint>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// A release inserted by SQL raises the mark only up to this number: an arbitrary number must not
/// use up the numbers below 2^53.
inline constexpr std::int64_t marked_max = 1'000'000'000'000'000;

/// 0 without a mark.
[[nodiscard]] std::int64_t read_version_mark(Connection& connection);

/// In a transaction, after the writes to releases (whose locks come first everywhere). False: this
/// version or a higher version was already used.
[[nodiscard]] bool raise_version_mark(Connection& connection, release::Version version);

}  // namespace edgeroll::control
