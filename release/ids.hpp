// Identifiers of distinct types, so that they cannot be mixed up. All are the database's BIGINTs.
#pragma once

#include <compare>
#include <cstdint>

namespace edgeroll::release {

template <class Tag>
struct Id {
    std::int64_t value = 0;
    friend constexpr auto operator<=>(Id, Id) = default;
};

using ReleaseId = Id<struct ReleaseTag>;
using NodeId = Id<struct NodeTag>;
/// The configuration version; grows with every release (docs/contract.md 4.9).
using Version = Id<struct VersionTag>;
/// Grows with every claim of a release; fences writes and dispatches (docs/contract.md 4.1, 5).
using Epoch = Id<struct EpochTag>;
/// The highest possible epoch (2^53-1, the largest integer that JSON holds exactly). A claim that
/// reaches it is the last: the release fails (docs/contract.md 4.1).
inline constexpr std::int64_t epoch_max = (std::int64_t{1} << 53U) - 1;
inline constexpr const char* unusable_epoch =
    "claim_epoch was no whole number from 0 to 9007199254740990";

}  // namespace edgeroll::release
