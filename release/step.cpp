#include "release/step.hpp"

#include <utility>

#include "release/step/advance.hpp"
#include "release/step/between_batches.hpp"
#include "release/step/commit_contract.hpp"
#include "release/step/gates.hpp"
#include "release/step/node_progress.hpp"
#include "release/step/observation.hpp"
#include "release/step/observed_batch.hpp"
#include "release/step/step_draft.hpp"
#include "release/step/verdicts.hpp"

namespace edgeroll::release {
namespace {

void take(Draft& draft, const Event& event) {
    if (const auto* observed = std::get_if<Observed>(&event)) {
        if (observed->snapshot.part) {
            observe_batch(draft, observed->snapshot);
        } else {
            observe(draft, observed->snapshot);
        }
    } else if (const auto* attempt = std::get_if<Attempted>(&event)) {
        attempted(draft, *attempt);
    } else if (const auto* progress = std::get_if<Progressed>(&event)) {
        progressed(draft, *progress);
    } else if (const auto* report = std::get_if<Reported>(&event)) {
        reported(draft, *report);
    } else if (const auto* gate = std::get_if<GateHeard>(&event)) {
        gate_heard(draft, *gate);
    }
}

}  // namespace

Step step(Release&& current, const Event& event, Instant now) {
    return step(std::move(current), std::vector<Event>{event}, now);
}

Step step(Release&& current, const std::vector<Event>& events, Instant now) {
    Step done;
    done.next = std::move(current);
    Draft draft{done.next, now, {}, {}, false, false, never};
    for (const Event& event : events)
        take(draft, event);
    // Events change nodes and replace the header by what was read; only advance() writes status and
    // action. So the expected header of the row is the header now.
    done.broken = written_by_events(draft.commit);
    draft.commit.expected_status = done.next.seen.status;
    draft.commit.expected_action = done.next.seen.requested;
    draft.commit.expected_steer_seq = done.next.seen.steer_seq;
    advance(draft);
    write_progress(draft);
    done.commit = std::move(draft.commit);
    done.after_commit = std::move(draft.effects);
    done.wake_at = draft.is_full ? now : draft.wake_at;
    if (!done.broken) done.broken = broken_promise(done);
    return done;
}

}  // namespace edgeroll::release
