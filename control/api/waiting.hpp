// Why a release does not move, for `waitingFor`.
#pragma once

#include <span>

#include "control/api/ports/release_views.hpp"
#include "release/time.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

/// What is known beside the summary; all of it may be missing (lists of releases).
struct WaitingFacts {
    std::span<const ReleaseNodeView> nodes{};
    std::span<const FullPool> full_pools{};
    release::Millis node_timeout{0};  ///< of the settings; 0: not known
};

/// The hold as people should see it: on the way to the next batch a release stands before its
/// windows for a moment, also one that has none.
[[nodiscard]] release::Hold shown_hold(const ReleaseSummary& release);

/// `{"reason","nodes":[names],"until","troubled":[...]}` (control/api/node_troubles); null when the
/// release is finished. `until` is the moment of the next decision where one is known, else null.
[[nodiscard]] release::wire::Json waiting_for(const ReleaseSummary& release,
                                              const WaitingFacts& facts);
/// For a list.
[[nodiscard]] release::wire::Json waiting_for(const ReleaseSummary& release);

}  // namespace edgeroll::control::api
