#include "release/step/between_batches.hpp"

#include <algorithm>

#include "release/mutant.hpp"
#include "release/step/limit_exceeded.hpp"
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

Passage ask_gate(Draft& draft) {
    Release& release = draft.release;
    if (!release.is_gate_asked && draft.now >= release.gate_ask_at) {
        release.is_gate_asked = true;
        AskGate ask;
        ask.after_batch = release.seen.started_batch.value_or(0);
        ask.url = release.seen.policy.gate.url;
        ask.until = release.hold_until;
        draft.effects.emplace_back(std::move(ask));
    }
    draft.wake(release.hold_until);
    if (!release.is_gate_asked) draft.wake(release.gate_ask_at);
    return Passage::wait;
}

Passage pass_gate(Draft& draft) {
    Release& release = draft.release;
    const Gate& gate = release.seen.policy.gate;
    if (release.seen.hold != Hold::gate) {
        release.gate.reset();
        release.gate_ask_at = draft.now;
        release.is_gate_asked = false;
        draft.begin_hold(Hold::gate, draft.now + gate.timeout);
        return ask_gate(draft);
    }
    const bool is_unasked = !release.gate && !release.is_gate_asked;
    if (is_unasked && has_mutant(Mutant::gate_passed_by_takeover)) return Passage::open;
    if (release.gate && release.gate->kind == GateAnswer::Kind::pass) {
        draft.note("gate_passed", {{"answer", release.gate->message}});
        return Passage::open;
    }
    if (release.gate && release.gate->kind == GateAnswer::Kind::fail) {
        const std::string text = "the gate refused: " + release.gate->message;
        draft.note("gate_failed", {{"answer", release.gate->message}});
        trip(draft, Reason{text, text});
        return Passage::wait;
    }
    if (draft.now < release.hold_until || is_unasked) {
        return ask_gate(draft);
    }
    if (release.is_gate_asked) return Passage::wait;  // its last answer is still to come
    draft.set_last_error("the gate was unsure for its whole gate_timeout_sec: " +
                         release.gate->message);
    draft.begin_hold(Hold::review, never);
    return Passage::wait;
}

// Passes the holds up to the windows. `hold` names the present hold; the holds before it are
// passed.
Passage pass_holds(Draft& draft) {
    const Snapshot& seen = draft.release.seen;
    const Policy& policy = seen.policy;
    const Hold reached = seen.hold;
    if (reached == Hold::window) return Passage::open;
    if (stands(draft, Hold::bake) || stands(draft, Hold::interval)) return Passage::wait;
    if (reached == Hold::interval) return Passage::open;
    if (reached == Hold::none && begins(draft, Hold::bake, policy.bake)) return Passage::wait;
    if (!policy.gate.url.empty() && pass_gate(draft) == Passage::wait) return Passage::wait;
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
    const bool waits_for_operator = seen.hold != Hold::none && !ends_by_itself(seen.hold);
    if (!waits_for_operator) {
        const bool is_first = seen.current_batch == 0;
        const bool is_open = (is_first || pass_holds(draft) == Passage::open) &&
                             pass_windows(draft) == Passage::open;
        if (is_open) return true;
    }
    rest(draft);
    return false;
}

void gate_heard(Draft& draft, const GateHeard& event) {
    Release& release = draft.release;
    if (release.seen.hold != Hold::gate || event.after_batch != release.seen.started_batch) return;
    const bool is_news = !release.gate || release.gate->message != event.answer.message;
    release.is_gate_asked = false;
    release.gate = event.answer;
    release.gate_ask_at = draft.now + release.rules.gate_pause;
    if (event.answer.kind == GateAnswer::Kind::unsure && is_news) {
        draft.note("gate_unsure", {{"answer", event.answer.message}});
    }
}

}  // namespace edgeroll::release
