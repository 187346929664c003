// Identifiers that cannot be mixed up. All are the database's BIGINTs.
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
/// The configuration version; grows with every release (SPEC.md 4.9).
using Version = Id<struct VersionTag>;
/// Grows with every claim of a release; fences writes and dispatches (SPEC.md 4.1, 5).
using Epoch = Id<struct EpochTag>;

}  // namespace edgeroll::release
