#include "release/step/gates.hpp"

#include <algorithm>
#include <utility>

#include "release/gate_query.hpp"
#include "release/mutant.hpp"
#include "release/step/limit_exceeded.hpp"

namespace edgeroll::release {
namespace {

using GateKind = GateAnswer::Kind;

// Of a gate and a look, beside the decisive row.
constexpr int rows_max = 18;

bool is_asked_in(const Gate& gate, const Release& release, Look look) {
    if (look.is_final) return !gate.needs_peers();
    return release.seen.current_batch >= gate.from_batch;
}

Instant bake_end(const Release& release) {
    return release.last_finish + release.seen.policy.bake;
}

// The states follow the policy, which may be changed with SQL: a changed gate begins anew.
void match_gates(Release& release) {
    const std::vector<Gate>& gates = release.seen.policy.gates;
    release.gates.resize(gates.size());
    for (std::size_t i = 0; i < gates.size(); ++i) {
        if (release.gates[i].gate == gates[i]) continue;
        release.gates[i] = GateState{};
        release.gates[i].gate = gates[i];
    }
}

bool has_refused(const GateState& state) {
    return state.last && state.last->kind == GateKind::fail &&
           state.fails >= state.gate.consecutive();
}

// A failing answer that must be seen again is no verdict yet.
GateKind verdict_of(const GateState& state) {
    if (!state.last) return GateKind::unsure;
    return state.last->kind == GateKind::fail && !has_refused(state) ? GateKind::unsure
                                                                     : state.last->kind;
}

void keep_answer(Draft& draft, GateState& state, bool is_decisive) {
    const GateAnswer& answer = *state.last;
    Evidence row{draft.release.seen.current_batch,
                 state.gate.name,
                 judgement(verdict_of(state)),
                 is_decisive,
                 rule_of(state.gate),
                 answer.message};
    row.detail = answer.detail;
    draft.prove(std::move(row));
    ++state.rows;
    state.is_news = false;
}

std::vector<std::pair<std::string, std::string>> told_of(const GateState& state) {
    std::vector<std::pair<std::string, std::string>> detail{{"answer", state.last->message}};
    if (state.gate.name != evidence::gate_url) detail.emplace_back("gate", state.gate.name);
    return detail;
}

// Records first answers, and changes of the verdict or of the answer's class. Answers that decide
// are recorded where they do.
void record_news(Draft& draft) {
    for (GateState& state : draft.release.gates) {
        if (!std::exchange(state.is_news, false)) continue;
        const GateAnswer& answer = *state.last;
        const std::string& sort =
            answer.summary_class.empty() ? answer.message : answer.summary_class;
        std::string what = std::string(to_text(judgement(answer.kind))) + " " + sort;
        if (what == state.recorded || state.rows >= rows_max) continue;
        state.recorded = std::move(what);
        keep_answer(draft, state, false);
        if (answer.kind == GateKind::unsure) draft.note("gate_unsure", told_of(state));
    }
}

// The answer counts from now on; says when the gate is asked next.
void take_answer(Draft& draft, GateState& state, GateAnswer answer) {
    const Release& release = draft.release;
    const bool is_baking = release.seen.hold == Hold::bake;
    state.fails = answer.kind == GateKind::fail ? state.fails + 1 : 0;
    // While the release waits for it, a doubtful gate is asked more often than one that has passed.
    const bool is_doubtful = answer.kind == GateKind::unsure && !is_baking;
    state.ask_at = draft.now + (is_doubtful ? std::min(release.rules.gate_pause, state.gate.every)
                                            : state.gate.every);
    state.last = std::move(answer);
    state.is_news = true;
}

std::vector<std::string> names_of(const Release& release, NodeStatus status) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < release.members; ++i) {
        const NodeRow& row = release.nodes[i].row;
        if (row.status == status && !row.address.name.empty()) names.push_back(row.address.name);
    }
    return names;
}

QueryValues values_of(const Draft& draft, const std::string& query) {
    const Release& release = draft.release;
    QueryValues values;
    values.release = release.seen.id.value;
    values.version = release.seen.version.value;
    values.batch = release.seen.current_batch;
    const auto since = std::chrono::floor<std::chrono::seconds>(draft.now - release.last_finish);
    values.since_sec = std::max<std::int64_t>(1, since.count());
    if (uses_released(query)) values.released = names_of(release, NodeStatus::success);
    if (uses_peers(query)) values.peers = sample_of(names_of(release, NodeStatus::pending));
    return values;
}

void ask(Draft& draft, std::size_t index) {
    Release& release = draft.release;
    GateState& state = release.gates[index];
    AskGate question;
    question.after_batch = release.seen.started_batch.value_or(0);
    question.index = index;
    question.gate = state.gate;
    question.asked_at = draft.now;
    question.until = release.hold_until;
    if (state.gate.prometheus) {
        const std::string& query = state.gate.prometheus->query;
        auto resolved = resolved_query(query, values_of(draft, query));
        if (!resolved) {
            take_answer(draft, state,
                        {GateKind::unsure, resolved.error().message, "not asked", ""});
            return;
        }
        question.query = std::move(*resolved);
    }
    state.is_asked = true;
    state.asked_at = draft.now;
    draft.effects.emplace_back(std::move(question));
}

Instant first_question(const Release& release, const GateState& state) {
    return release.last_finish + state.gate.after;
}

// Asks the gates that are due, and wakes the release when the next one is.
void ask_due(Draft& draft, Look look) {
    Release& release = draft.release;
    for (std::size_t i = 0; i < release.gates.size(); ++i) {
        GateState& state = release.gates[i];
        if (!is_asked_in(state.gate, release, look) || state.is_asked) continue;
        state.ask_at = std::max(state.ask_at, first_question(release, state));
        if (draft.now >= state.ask_at) ask(draft, i);
        if (!state.is_asked) draft.wake(state.ask_at);
    }
    // A time that has passed would wake it at once, for ever.
    if (draft.now < release.hold_until) draft.wake(release.hold_until);
}

// A refusal counts at any time of the bake and of the gate's own hold.
bool is_refused(Draft& draft, Look look) {
    for (GateState& state : draft.release.gates) {
        const bool counts = !state.gate.is_dry_run && is_asked_in(state.gate, draft.release, look);
        if (!counts || !has_refused(state)) continue;
        const std::string text = called(state.gate) + " refused: " + state.last->message;
        draft.note("gate_failed", told_of(state));
        keep_answer(draft, state, true);
        record_news(draft);
        trip(draft, Reason{text, text});
        return true;
    }
    return false;
}

// A gate without consequences is waited for until it was asked once, if it is due.
bool has_passed(const Draft& draft, const GateState& state) {
    if (state.gate.is_dry_run) {
        return state.last || draft.now < first_question(draft.release, state);
    }
    return state.last && state.last->kind == GateKind::pass;
}

template <class Predicate>
bool every_gate(const Draft& draft, Look look, Predicate holds) {
    const std::vector<GateState>& gates = draft.release.gates;
    return std::all_of(gates.begin(), gates.end(), [&](const GateState& state) {
        return !is_asked_in(state.gate, draft.release, look) || holds(state);
    });
}

void begin_gates(Draft& draft, Look look) {
    Release& release = draft.release;
    Instant from = draft.now;
    record_news(draft);
    for (GateState& state : release.gates) {
        state.last.reset();
        state.ask_at = draft.now;
        const bool is_waited_for = is_asked_in(state.gate, release, look) && !state.gate.is_dry_run;
        if (is_waited_for) from = std::max(from, first_question(release, state));
    }
    draft.begin_hold(Hold::gate, from + release.seen.policy.gate_timeout);
    ask_due(draft, look);
}

void note_passes(Draft& draft, Look look) {
    for (GateState& state : draft.release.gates) {
        const bool counts =
            state.last && !state.gate.is_dry_run && is_asked_in(state.gate, draft.release, look);
        if (!counts) continue;
        draft.note("gate_passed", told_of(state));
        keep_answer(draft, state, true);
    }
    record_news(draft);
}

void give_up(Draft& draft, Look look) {
    std::string text;
    for (GateState& state : draft.release.gates) {
        const bool is_open =
            is_asked_in(state.gate, draft.release, look) && state.last && !has_passed(draft, state);
        if (!is_open) continue;
        keep_answer(draft, state, true);
        text += (text.empty() ? "" : "; ") + called(state.gate) +
                " was unsure for its whole gate_timeout_sec: " + state.last->message;
    }
    record_news(draft);
    draft.set_last_error(std::move(text));
    draft.begin_hold(Hold::review, never);
}

}  // namespace

bool has_gates(const Release& release, Look look) {
    const std::vector<Gate>& gates = release.seen.policy.gates;
    return std::any_of(gates.begin(), gates.end(),
                       [&](const Gate& gate) { return is_asked_in(gate, release, look); });
}

void watch_gates(Draft& draft, Look look) {
    match_gates(draft.release);
    if (!has_mutant(Mutant::fail_in_bake_ignored) && is_refused(draft, look)) return;
    ask_due(draft, look);
    record_news(draft);
}

bool pass_gates(Draft& draft, Look look) {
    Release& release = draft.release;
    match_gates(release);
    if (release.seen.hold != Hold::gate) {
        begin_gates(draft, look);
        return false;
    }
    const bool is_unasked = !every_gate(draft, look, [&](const GateState& state) {
        return state.last || state.is_asked || has_passed(draft, state);
    });
    if (is_unasked && has_mutant(Mutant::gate_passed_by_takeover)) return true;
    if (is_refused(draft, look)) return false;
    if (every_gate(draft, look, [&](const GateState& one) { return has_passed(draft, one); })) {
        note_passes(draft, look);
        return true;
    }
    // The last answers may still be to come.
    const bool is_awaited = !every_gate(draft, look, [](const GateState& state) {
        return !state.is_asked || (state.gate.is_dry_run && state.last);
    });
    if (draft.now < release.hold_until || is_unasked) {
        ask_due(draft, look);
        record_news(draft);
    } else if (is_awaited) {
        record_news(draft);
    } else {
        give_up(draft, look);
    }
    return false;
}

void gate_heard(Draft& draft, const GateHeard& event) {
    Release& release = draft.release;
    const bool is_baking = release.seen.hold == Hold::bake;
    const bool is_waited_for = is_baking || release.seen.hold == Hold::gate;
    if (!is_waited_for || event.after_batch != release.seen.started_batch) return;
    match_gates(release);
    if (event.index >= release.gates.size()) return;
    GateState& state = release.gates[event.index];
    const bool is_its_answer =
        state.is_asked && state.gate == event.gate && state.asked_at == event.asked_at;
    if (!is_its_answer) return;
    state.is_asked = false;
    const bool is_early = event.asked_at < bake_end(release);
    if (!is_baking && is_early && event.answer.kind == GateKind::pass) {
        state.ask_at = std::min(bake_end(release), draft.now + release.rules.gate_pause);
        return;
    }
    take_answer(draft, state, event.answer);
}

}  // namespace edgeroll::release
