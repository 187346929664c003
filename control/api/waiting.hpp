// Why a release does not move, for `waitingFor`.
#pragma once

#include <vector>

#include "control/store/api_store.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

/// `{"reason","nodes":[names],"until"}`; null when the release is finished. `until` is the moment
/// of the next decision where one is known, else null. @param nodes may be empty (lists of
/// releases)
[[nodiscard]] release::wire::Json waiting_for(const ReleaseSummary& release,
                                              const std::vector<ReleaseNodeView>& nodes);

}  // namespace edgeroll::control::api
