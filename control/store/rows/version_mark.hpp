// The highest version there has been, whatever was deleted since (docs/contract.md 3.10): a row of
// `counters`.
#pragma once

#include <cstdint>

#include "control/store/db/connection.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// What a release brought that arrived by SQL raises the mark up to here, and no further: a number
/// that somebody made up must not use up those below 2^53.
inline constexpr std::int64_t marked_max = 1'000'000'000'000'000;

/// 0 without any.
[[nodiscard]] std::int64_t read_version_mark(Connection& connection);

/// In a transaction, after the writes to releases (whose locks come first everywhere). False: there
/// has been this version, or a higher one, already.
[[nodiscard]] bool raise_version_mark(Connection& connection, release::Version version);

}  // namespace edgeroll::control
