// The value of `waitingFor`: why a release does not move.
#pragma once

#include <span>

#include "control/api/ports/release_views.hpp"
#include "release/time.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

/// Facts beside the summary; all of them may be missing (lists of releases).
struct WaitingFacts {
    std::span<const ReleaseNodeView> nodes{};
    std::span<const FullPool> full_pools{};
    int held_nodes = 0;               ///< as in ReleaseView
    release::Millis node_timeout{0};  ///< from the settings; 0: unknown
};

/// The hold as shown to users: before the next batch, a release stands briefly at its windows even
/// when it has none.
[[nodiscard]] release::Hold shown_hold(const ReleaseSummary& release);

/// `{"reason","nodes":[names],"until","troubled":[...]}` (control/api/node_troubles); null when the
/// release is finished. `until` is the time of the next decision where known, else null.
[[nodiscard]] release::wire::Json waiting_for(const ReleaseSummary& release,
                                              const WaitingFacts& facts);
/// For lists.
[[nodiscard]] release::wire::Json waiting_for(const ReleaseSummary& release);

}  // namespace edgeroll::control::api
