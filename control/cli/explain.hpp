// `release explain`: the state of a release, its reasons, and possible actions. Pure.
#pragma once

#include <string>

#include "control/cli/times.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {

[[nodiscard]] std::string explain_text(const ReleaseLine& release, Moment now);

/// {releaseId,status,batchStatus,holdReason,waitingFor,limits:[…],failedNodes:[…],nextSteps:[{command,
/// effect}]}; the command adds the evidence (control/cli/evidence.hpp).
[[nodiscard]] release::wire::Json explain_json(const ReleaseLine& release,
                                               const release::wire::Json& data);

}  // namespace edgeroll::cli
