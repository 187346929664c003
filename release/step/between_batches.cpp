#include "release/step/between_batches.hpp"

#include <algorithm>

#include "release/mutant.hpp"
#include "release/step/gates.hpp"
#include "release/step/steering.hpp"
#include "release/windows.hpp"

namespace edgeroll::release {
namespace {

// The hold lasts until a time, and nothing happens before. False: it has ended or never begun.
bool stands(Draft& draft, Hold hold) {
    if (draft.release.seen.hold != hold || draft.now >= draft.release.hold_until) return false;
    draft.wake(draft.release.hold_until);
    return true;
}

// Begins a hold whose time counts from the end of the batch. False: its time has already passed.
bool begins(Draft& draft, Hold hold, Millis span) {
    if (draft.release.seen.hold == hold) return false;
    const Instant until = draft.release.last_finish + span;
    if (draft.now >= until) return false;
    draft.begin_hold(hold, until);
    draft.wake(until);
    return true;
}

enum class Passage { open, wait };

// The look at the nodes that have the content: bake and gates.
Passage pass_look(Draft& draft, Look look) {
    const Policy& policy = draft.release.seen.policy;
    const bool is_new = draft.release.seen.hold == Hold::none;
    if (stands(draft, Hold::bake) || (is_new && begins(draft, Hold::bake, policy.bake))) {
        watch_gates(draft, look);
        return Passage::wait;
    }
    const bool is_passed = !has_gates(draft.release, look) || pass_gates(draft, look);
    return is_passed ? Passage::open : Passage::wait;
}

// Passes the holds up to the windows. `hold` names the present hold; the holds before it are
// passed.
Passage pass_holds(Draft& draft) {
    const Snapshot& seen = draft.release.seen;
    const Policy& policy = seen.policy;
    const Hold reached = seen.hold;
    if (reached == Hold::window) return Passage::open;
    if (stands(draft, Hold::interval)) return Passage::wait;
    if (reached == Hold::interval) return Passage::open;
    if (pass_look(draft, Look{}) == Passage::wait) return Passage::wait;
    if (policy.batch_interval) {
        return begins(draft, Hold::interval, *policy.batch_interval) ? Passage::wait
                                                                     : Passage::open;
    }
    if (!policy.pauses_after_batch) return Passage::open;
    draft.begin_hold(Hold::review, never);
    return Passage::wait;
}

Passage pass_windows(Draft& draft) {
    const Release& release = draft.release;
    const std::int64_t utc_ms = release.seen.utc_ms + (draft.now - release.read_at).count();
    const Millis wait = until_open(release.seen.policy.windows, utc_ms);
    if (wait <= Millis{0}) return Passage::open;
    const Instant until = draft.now + wait;
    // A small change is not written again: clocks are not that exact.
    constexpr Millis slack{1'000};
    const bool is_said =
        release.seen.hold == Hold::window && release.hold_until != never &&
        std::max(until, release.hold_until) - std::min(until, release.hold_until) <= slack;
    if (!is_said) draft.begin_hold(Hold::window, until);
    draft.wake(until);
    return Passage::wait;
}

bool waits_for_operator(const Snapshot& seen) {
    return seen.hold != Hold::none && !ends_by_itself(seen.hold);
}

// A release that waits for an operator or for a time is paused; before the first batch it stays
// `pending`.
void rest(Draft& draft) {
    const Snapshot& seen = draft.release.seen;
    if (is_final(seen.status) || seen.status != ReleaseStatus::paused) return;
    draft.set_batch_status(BatchStatus::paused);
    draft.mark_pause();
}

}  // namespace

bool may_open_next(Draft& draft) {
    const Snapshot& seen = draft.release.seen;
    if (!waits_for_operator(seen)) {
        const bool is_first = seen.current_batch == 0;
        const bool is_open = (is_first || pass_holds(draft) == Passage::open) &&
                             pass_windows(draft) == Passage::open;
        if (is_open) return true;
    }
    rest(draft);
    return false;
}

bool may_end(Draft& draft) {
    const Snapshot& seen = draft.release.seen;
    const Policy& policy = seen.policy;
    const bool is_looked_at = policy.has_final_look && policy.has_look() &&
                              seen.current_batch > 0 && !seen.catches_up &&
                              !has_mutant(Mutant::final_gate_skipped);
    if (!is_looked_at) return true;
    take_pause(draft, true);
    // An operator's continue has passed the rest.
    const bool is_passed = seen.hold == Hold::window || seen.hold == Hold::interval;
    if (is_passed) return true;
    const Look look{true};
    if (!waits_for_operator(seen) && pass_look(draft, look) == Passage::open) return true;
    rest(draft);
    return false;
}

}  // namespace edgeroll::release
