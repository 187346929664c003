#include "release/step/between_batches.hpp"

#include <algorithm>

#include "release/mutant.hpp"
#include "release/step/limit_exceeded.hpp"
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

// Asks when it is time, and wakes the release then.
void ask_gate(Draft& draft) {
    Release& release = draft.release;
    if (!release.is_gate_asked && draft.now >= release.gate_ask_at) {
        release.is_gate_asked = true;
        AskGate ask;
        ask.after_batch = release.seen.started_batch.value_or(0);
        ask.url = release.seen.policy.gate.url;
        ask.asked_at = draft.now;
        ask.until = release.hold_until;
        draft.effects.emplace_back(std::move(ask));
    }
    // A time that has passed would wake it at once, for ever.
    if (draft.now < release.hold_until) draft.wake(release.hold_until);
    if (!release.is_gate_asked) draft.wake(release.gate_ask_at);
}

void keep(Draft& draft, const GateAnswer& answer, bool is_decisive) {
    const auto verdict = answer.kind == GateAnswer::Kind::pass   ? Judgement::pass
                         : answer.kind == GateAnswer::Kind::fail ? Judgement::fail
                                                                 : Judgement::unsure;
    draft.prove(Evidence{draft.release.seen.current_batch, evidence::gate_url, verdict, is_decisive,
                         "200 passes, 4xx fails", answer.message});
}

// A refusal counts at any time of the bake and of the gate's own hold.
bool is_refused(Draft& draft) {
    const Release& release = draft.release;
    if (!release.gate || release.gate->kind != GateAnswer::Kind::fail) return false;
    const std::string text = "the gate refused: " + release.gate->message;
    draft.note("gate_failed", {{"answer", release.gate->message}});
    keep(draft, *release.gate, true);
    trip(draft, Reason{text, text});
    return true;
}

// While the release bakes, the gate is asked too: a bad content is not left alone until the end.
void watch_bake(Draft& draft) {
    if (draft.release.seen.policy.gate.url.empty()) return;
    if (has_mutant(Mutant::fail_in_bake_ignored) || !is_refused(draft)) ask_gate(draft);
}

Passage pass_gate(Draft& draft) {
    Release& release = draft.release;
    const Gate& gate = release.seen.policy.gate;
    if (release.seen.hold != Hold::gate) {
        release.gate.reset();
        release.gate_ask_at = draft.now;
        draft.begin_hold(Hold::gate, draft.now + gate.timeout);
        ask_gate(draft);
        return Passage::wait;
    }
    const bool is_unasked = !release.gate && !release.is_gate_asked;
    if (is_unasked && has_mutant(Mutant::gate_passed_by_takeover)) return Passage::open;
    if (release.gate && release.gate->kind == GateAnswer::Kind::pass) {
        draft.note("gate_passed", {{"answer", release.gate->message}});
        keep(draft, *release.gate, true);
        return Passage::open;
    }
    if (is_refused(draft)) return Passage::wait;
    if (draft.now < release.hold_until || is_unasked) {
        ask_gate(draft);
        return Passage::wait;
    }
    if (release.is_gate_asked) return Passage::wait;  // its last answer is still to come
    draft.set_last_error("the gate was unsure for its whole gate_timeout_sec: " +
                         release.gate->message);
    draft.begin_hold(Hold::review, never);
    return Passage::wait;
}

// The look at the nodes that have the content: bake and gate.
Passage pass_look(Draft& draft) {
    const Policy& policy = draft.release.seen.policy;
    const bool is_new = draft.release.seen.hold == Hold::none;
    if (stands(draft, Hold::bake) || (is_new && begins(draft, Hold::bake, policy.bake))) {
        watch_bake(draft);
        return Passage::wait;
    }
    return policy.gate.url.empty() ? Passage::open : pass_gate(draft);
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
    if (pass_look(draft) == Passage::wait) return Passage::wait;
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
    if (!waits_for_operator(seen) && pass_look(draft) == Passage::open) return true;
    rest(draft);
    return false;
}

void gate_heard(Draft& draft, const GateHeard& event) {
    Release& release = draft.release;
    const bool is_baking = release.seen.hold == Hold::bake;
    const bool is_waited_for = is_baking || release.seen.hold == Hold::gate;
    if (!is_waited_for || event.after_batch != release.seen.started_batch) return;
    release.is_gate_asked = false;
    const Policy& policy = release.seen.policy;
    const bool is_early = event.asked_at < release.last_finish + policy.bake;
    if (!is_baking && is_early && event.answer.kind == GateAnswer::Kind::pass) {
        release.gate_ask_at =
            std::min(release.last_finish + policy.bake, draft.now + release.rules.gate_pause);
        return;
    }
    const bool is_news = !release.gate || release.gate->message != event.answer.message;
    // A refusal and the last pass are kept where they decide.
    const bool is_first_pass = event.answer.kind == GateAnswer::Kind::pass && is_baking;
    if (is_news && (is_first_pass || event.answer.kind == GateAnswer::Kind::unsure)) {
        keep(draft, event.answer, false);
    }
    release.gate = event.answer;
    release.gate_ask_at = draft.now + (is_baking ? policy.gate.every : release.rules.gate_pause);
    if (event.answer.kind == GateAnswer::Kind::unsure && is_news) {
        draft.note("gate_unsure", {{"answer", event.answer.message}});
    }
}

}  // namespace edgeroll::release
