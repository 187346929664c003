#include "release/step/wind_up.hpp"

#include <string>

#include "release/limits.hpp"
#include "release/step/running_nodes.hpp"
#include "release/step/steering.hpp"

namespace edgeroll::release {

void wind_up(Draft& draft) {
    Release& release = draft.release;
    Snapshot& seen = release.seen;
    const std::string reason =
        "the release was set to " + std::string(to_text(seen.status)) + " by hand";
    look_after_running(draft);
    if (release.counts.pending > 0) draft.skip_all_pending(ReasonKind::ended_by_hand, reason);
    // The wait of a half-inserted release is no reason for its end.
    if (seen.last_error.empty() || seen.current_batch == 0) {
        draft.set_last_error(seen.status == ReleaseStatus::success ? "" : reason);
    }
    if (release.counts.running == 0) {
        draft.finish(seen.status);
        return;
    }
    draft.set_batch_status(BatchStatus::stopped);
    draft.effects.emplace_back(DispatchNoMore{});
    if (seen.requested == Action::stop) cancel_running(draft);
}

}  // namespace edgeroll::release
