#include "release/conversation.hpp"

#include <algorithm>
#include <utility>

#include "release/mutant.hpp"
#include "release/words.hpp"

namespace edgeroll::release {
namespace {

constexpr Words<Heard> heard_words({
    {Heard::accepted, "accepted"},
    {Heard::unknown_task, "unknown_task"},
    {Heard::refused, "refused"},
    {Heard::wrong_state, "wrong_state"},
    {Heard::server_error, "server_error"},
    {Heard::nonsense, "nonsense"},
    {Heard::not_sent, "not_sent"},
    {Heard::no_answer, "no_answer"},
    {Heard::wrong_peer, "wrong_peer"},
    {Heard::lacks_content, "lacks_content"},
    {Heard::used_id, "used_id"},
    {Heard::other_task, "other_task"},
});

Move finish(NodeStatus status, FailureKind failure, std::string error, const Answer* answer) {
    Move move;
    move.kind = Move::Kind::finish;
    move.verdict.status = status;
    move.verdict.failure = failure;
    move.verdict.error = std::move(error);
    if (answer != nullptr) {
        move.verdict.steps = answer->steps;
        move.verdict.capabilities = answer->capabilities;
        move.verdict.evidence = answer->evidence;
        move.verdict.is_curable = answer->is_curable;
        move.verdict.progress = status == NodeStatus::success ? 100 : answer->progress;
    }
    return move;
}

Move fail_with(FailureKind failure, std::string error) {
    return finish(NodeStatus::failed, failure, std::move(error), nullptr);
}

Move pause_until(Instant until) {
    Move move;
    move.kind = Move::Kind::pause;
    move.until = until;
    return move;
}

std::string tenths_text(Millis span) {
    const auto ms = span.count();
    std::string text = std::to_string(ms / 1000);
    if (ms % 1000 != 0) text += "." + std::to_string(ms % 1000 / 100);
    return text + " s";
}

}  // namespace

std::string_view to_text(Heard heard) {
    return heard_words.text(heard);
}

Conversation::Conversation(const ConversationRules& rules, Instant started, Instant deadline,
                           bool asks_first)
    : rules_(rules),
      started_(started),
      deadline_(deadline),
      next_(asks_first ? Ask::query : Ask::dispatch),
      retry_delay_(rules.retry_first),
      poll_delay_(rules.poll_first),
      was_sent_(asks_first),
      may_have_arrived_(asks_first) {}

Move Conversation::begin(Instant now) {
    return ask(next_, now);
}

void Conversation::turn_came(Instant now) {
    started_ = asked_at_ = now;
}

Move Conversation::woken(Instant now) {
    if (is_out_of_time(now)) return out_of_time(now);
    return ask(next_, now);
}

Move Conversation::heard(const Answer& answer, Instant now, double jitter) {
    note_trouble(answer, now);
    if (answer.heard == Heard::wrong_peer) {
        last_trouble_ = answer.message;
        if (++wrong_peer_count_ >= rules_.tls_tries) {
            return fail_with(FailureKind::tls, answer.message);
        }
        return retry(asked_, now, jitter);
    }
    wrong_peer_count_ = 0;
    if (has_mutant(Mutant::slot_freed_on_timeout) && answer.heard == Heard::no_answer) {
        return fail_with(FailureKind::timeout, answer.message);
    }
    if (answer.heard == Heard::accepted) {
        if (!may_be_ours(answer)) return not_there(now, jitter);
        was_sent_ = true;
        was_accepted_ = true;
        may_have_arrived_ = true;
        retry_delay_ = rules_.retry_first;
        return follow(answer, now);
    }
    if (answer.heard == Heard::other_task) return heard_of_other(answer, now, jitter);
    // "Unknown" answers a query and is no trouble: it must not hide why the dispatch failed.
    const bool is_trouble = answer.heard != Heard::unknown_task || last_trouble_.empty();
    if (!answer.message.empty() && is_trouble) last_trouble_ = answer.message;
    return asked_ == Ask::dispatch ? heard_dispatch(answer, now, jitter)
                                   : heard_query(answer, now, jitter);
}

Move Conversation::heard_dispatch(const Answer& answer, Instant now, double jitter) {
    switch (answer.heard) {
        case Heard::refused:
            return fail_with(was_accepted_ ? FailureKind::lost : FailureKind::rejected,
                             answer.message);
        case Heard::used_id: {
            Move move = fail_with(FailureKind::rejected, answer.message);
            move.verdict.is_id_used = true;
            return move;
        }
        case Heard::wrong_state:
            // Another epoch or version came first, or the agent has the task after all: only the
            // agent's own list can tell which.
            refusal_ = answer.message;
            was_first_refused_ = !was_sent_;
            return ask(Ask::query, now);
        case Heard::not_sent:
            return retry(may_have_arrived_ ? Ask::query : Ask::dispatch, now, jitter);
        case Heard::no_answer:
        case Heard::nonsense:
            was_sent_ = true;
            may_have_arrived_ = true;
            return retry(Ask::query, now, jitter);
        case Heard::lacks_content:
            // The dispatch was not taken: the payload follows at once. An agent that lacks the
            // content even then is retried like any other agent whose answer makes no sense.
            if (is_out_of_time(now)) return out_of_time(now);
            if (has_lacked_content_) return retry(Ask::dispatch, now, jitter);
            has_lacked_content_ = true;
            return ask(Ask::dispatch, now);
        case Heard::server_error:
        case Heard::unknown_task:
        case Heard::accepted:
        case Heard::other_task:
        case Heard::wrong_peer:
            break;
    }
    // A 5xx says that the dispatch was not taken, but the agent may have kept part of it: query
    // before repeating it.
    return retry(Ask::query, now, jitter);
}

Move Conversation::heard_query(const Answer& answer, Instant now, double jitter) {
    if (answer.heard == Heard::unknown_task) return not_there(now, jitter);
    if (answer.heard == Heard::refused && !may_have_arrived_) {
        return fail_with(FailureKind::rejected, answer.message);
    }
    const bool is_untouched = !may_have_arrived_ && refusal_.empty();
    return retry(is_untouched ? Ask::dispatch : Ask::query, now, jitter);
}

// The agent does not have the task, or no longer has it.
Move Conversation::not_there(Instant now, double jitter) {
    if (!refusal_.empty()) {
        return fail_with(was_accepted_ ? FailureKind::lost : FailureKind::rejected, refusal_);
    }
    may_have_arrived_ = false;
    is_forgotten_ = was_accepted_;
    if (is_out_of_time(now)) return give_up();
    if (has_dispatched_) return retry(Ask::dispatch, now, jitter);
    return ask(Ask::dispatch, now);
}

// The agent has the task of another release under our id (its rows were deleted, but agents
// remember). An agent without orders may misname even a task of ours: where the agent may have
// taken our task, only the node's time decides.
Move Conversation::heard_of_other(const Answer& answer, Instant now, double jitter) {
    other_ = answer.message;
    if (last_trouble_.empty()) last_trouble_ = other_;
    if (asked_ == Ask::query && !was_accepted_ && !was_misnamed_) return not_there(now, jitter);
    was_misnamed_ = was_sent_ = may_have_arrived_ = true;
    return retry(Ask::query, now, jitter);
}

// After a refused dispatch, the task that is found is ours only if a dispatch of it was sent
// before, or if the agent says so.
bool Conversation::may_be_ours(const Answer& answer) const {
    if (refusal_.empty() || !was_first_refused_ || asked_ == Ask::dispatch) return true;
    return answer.is_certain;
}

Move Conversation::follow(const Answer& answer, Instant now) {
    switch (answer.status) {
        case TaskStatus::success:
            return finish(NodeStatus::success, FailureKind::none, {}, &answer);
        case TaskStatus::cancelled:
            return finish(NodeStatus::cancelled, FailureKind::none, answer.last_error, &answer);
        case TaskStatus::failed:
            // A dispatch answer carries no reason: one query fetches it.
            if (asked_ == Ask::dispatch) return ask(Ask::query, now);
            return finish(
                NodeStatus::failed, FailureKind::exec_failed,
                answer.last_error.empty() ? "the agent gave no reason" : answer.last_error,
                &answer);
        case TaskStatus::pending:
        case TaskStatus::running:
            break;
    }
    if (is_out_of_time(now)) return out_of_time(now);
    if (asked_ == Ask::dispatch) return ask(Ask::query, now);
    const bool was_held = held_.count() > 0 && (now - asked_at_) * 10 >= held_ * 9;
    if (was_held) return ask(Ask::query, now);
    if (held_.count() > 0) ignores_hold_ = true;
    next_ = Ask::query;
    const Instant until = std::min(now + poll_delay_, deadline_);
    poll_delay_ = std::min(poll_delay_ * 2, rules_.poll_ceiling);
    return pause_until(until);
}

Move Conversation::ask(Ask what, Instant now) {
    asked_ = what;
    asked_at_ = now;
    held_ = Millis{0};
    Move move;
    if (deadline_ != never) move.until = std::max(deadline_, now) + rules_.grace;
    if (what == Ask::dispatch) {
        has_dispatched_ = true;
        move.kind = Move::Kind::dispatch;
        return move;
    }
    const bool may_hold = was_accepted_ && !ignores_hold_ && deadline_ > now;
    if (may_hold) {
        // The parameter counts whole seconds.
        const auto wanted = std::min(rules_.hold_max, deadline_ - now);
        held_ = std::chrono::duration_cast<std::chrono::seconds>(wanted);
    }
    move.kind = Move::Kind::query;
    move.hold = held_;
    return move;
}

Move Conversation::retry(Ask what, Instant now, double jitter) {
    if (is_out_of_time(now)) return out_of_time(now);
    if (!was_sent_ && now - started_ >= rules_.dispatch_timeout) {
        const std::string span = tenths_text(now - started_);
        if (!last_refusal_.empty()) return not_taken("not accepted for " + span + ": ");
        return fail_with(FailureKind::unreachable,
                         "not reachable for " + span + ": " + last_trouble_);
    }
    next_ = what;
    const auto spread =
        static_cast<Millis::rep>(static_cast<double>(retry_delay_.count()) * (0.5 + jitter));
    retry_delay_ = std::min(retry_delay_ * 2, rules_.retry_ceiling);
    Instant until = std::min(now + Millis{std::max<Millis::rep>(spread, 1)}, deadline_);
    if (!was_sent_) until = std::min(until, std::max(now, started_ + rules_.dispatch_timeout));
    return pause_until(until);
}

Move Conversation::out_of_time(Instant now) {
    // A task may have finished while no question was open; that is no timeout, so one last question
    // is asked. A question that was open when the time ended, and failed, was the last one.
    if (may_have_arrived_ && !is_last_question_) {
        is_last_question_ = true;
        return ask(Ask::query, now);
    }
    return give_up();
}

Move Conversation::give_up() const {
    const std::string trouble = last_trouble_.empty() ? "" : " (" + last_trouble_ + ")";
    if (is_forgotten_ && !may_have_arrived_) {
        return fail_with(FailureKind::lost,
                         "the agent lost the task and did not accept it again" + trouble);
    }
    if (may_have_arrived_ && !has_mutant(Mutant::dark_node_deferred)) {
        return fail_with(FailureKind::timeout, "no final word within the node's time" + trouble);
    }
    // The agent answered, so the node is not unreachable.
    if (!other_.empty()) return fail_with(FailureKind::rejected, other_);
    if (!last_refusal_.empty()) return not_taken("never accepted: ");
    if (was_reached_) return denied(trouble);
    return fail_with(FailureKind::unreachable, "the task was never accepted" + trouble);
}

// Only silence is `unreachable` (docs/adr/0016): an agent that denies the task was reached. After a
// takeover it is unknown whether the earlier owner sent the task; if this process sent nothing,
// nothing was refused, so another attempt may succeed.
Move Conversation::denied(const std::string& trouble) const {
    Move move =
        fail_with(FailureKind::rejected,
                  (has_dispatched_ ? "sent to the agent, which says that it has no such task"
                                   : "the time is over, and the agent says that it has no such "
                                     "task") +
                      trouble);
    move.verdict.is_for_now = !has_dispatched_;
    return move;
}

// The agent answered, so the node was reached, and max_unreachable does not cover it
// (docs/contract.md 4.3). The answer was "not now", so another attempt may succeed.
Move Conversation::not_taken(std::string error) const {
    error += last_refusal_;
    if (last_trouble_ != last_refusal_) error += "; then: " + last_trouble_;
    Move move = fail_with(FailureKind::rejected, std::move(error));
    move.verdict.is_for_now = true;
    return move;
}

void Conversation::note_trouble(const Answer& answer, Instant now) {
    switch (answer.heard) {
        case Heard::not_sent:
        case Heard::no_answer:
        case Heard::wrong_peer:
            if (asked_ == Ask::query && is_out_of_time(now)) is_last_question_ = true;
            if (!trouble_since_) trouble_since_ = asked_at_;
            unanswered_since_ = std::min(unanswered_since_, asked_at_);
            return;
        case Heard::accepted:
            trouble_since_.reset();
            break;
        case Heard::unknown_task:
        case Heard::used_id:  // the next task id follows at once
            break;
        case Heard::refused:
        case Heard::wrong_state:
        case Heard::server_error:
        case Heard::nonsense:
        case Heard::lacks_content:
        case Heard::other_task:
            if (!trouble_since_) trouble_since_ = now;
            last_refusal_ = answer.message;
            break;
    }
    was_reached_ = true;
    unanswered_since_ = never;
}

std::optional<Conversation::Trouble> Conversation::trouble() const {
    if (!trouble_since_ || last_trouble_.empty()) return std::nullopt;
    const ReasonKind kind = may_have_arrived_ ? ReasonKind::silent
                            : was_reached_    ? ReasonKind::refusing
                                              : ReasonKind::unreachable;
    const Instant until =
        was_sent_ ? deadline_ : std::min(started_ + rules_.dispatch_timeout, deadline_);
    return Trouble{{kind, last_trouble_}, *trouble_since_, until};
}

bool Conversation::is_out_of_time(Instant now) const {
    return now >= deadline_;
}

}  // namespace edgeroll::release
