#include "control/core/dispatcher.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "release/dispatch_rules.hpp"
#include "release/progress_throttle.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {

using release::Answer;
using release::Heard;
using release::Instant;
using release::Millis;
using release::Move;

Dispatcher::Dispatcher(boost::asio::any_io_executor executor, Agents& agents, Clock& clock,
                       Random& random, Observer& observer, DispatcherOptions options)
    : executor_(std::move(executor)),
      agents_(agents),
      clock_(clock),
      random_(random),
      observer_(observer),
      options_(options),
      in_flight_(options.max_in_flight) {}

void Dispatcher::start(release::StartConversation what, std::shared_ptr<const Parcel> parcel,
                       std::shared_ptr<Lifeline> lifeline) {
    std::string name = "conversation " + what.task_id;
    rt::spawn(executor_, std::move(name),
              converse(std::move(what), std::move(parcel), std::move(lifeline)));
}

void Dispatcher::cancel(release::CancelTask what, release::Order sent,
                        std::shared_ptr<Lifeline> lifeline) {
    lifeline->is_stopping = true;
    std::string name = "cancel " + what.task_id;
    rt::spawn(executor_, std::move(name),
              try_cancel(std::move(what), std::move(sent), std::move(lifeline)));
}

namespace {

// The digest of a deleted content is unknown.
release::Order order_of(const Parcel& parcel) {
    release::Order order;
    order.id = parcel.order_id;
    order.type = parcel.type;
    order.version = parcel.version;
    if (parcel.payload == nullptr) return order;
    const bool is_apply = parcel.type == release::TaskType::apply_config;
    order.sha256 = is_apply ? parcel.sha256 : parcel.compared_sha256;
    order.plain_sha256 = parcel.plain_sha256;
    return order;
}

// What a rollback puts back was there before, and is not asked for (docs/adr/0028): the agent may
// be sent no more than a digest. Another agent in its place, which knows no references, may say
// success to an empty task, also when it is only asked for it after a lost answer.
bool is_put_back_unasked(const release::StartConversation& what, const Parcel& parcel) {
    return what.content && what.is_own_agent && parcel.may_be_held;
}

bool is_another_agent(const release::StartConversation& what, const Parcel& parcel,
                      const Answer& answer) {
    return is_put_back_unasked(what, parcel) && answer.heard == Heard::accepted &&
           answer.capabilities.empty();
}

void report_progress(std::optional<release::Progressed> news, const Lifeline& lifeline) {
    if (news) lifeline.report(std::move(*news));
}

}  // namespace

boost::asio::awaitable<Answer> Dispatcher::send(const Move& move,
                                                const release::StartConversation& what,
                                                const std::shared_ptr<const Parcel>& parcel,
                                                bool& may_refer) {
    const Millis at_most = time_until(move.until);
    if (move.kind == Move::Kind::query) {
        co_return co_await agents_.query(what.address, what.task_id, move.hold, at_most);
    }
    // Content that the node already holds is not sent again (the node is asked for its digest
    // first). The question must leave time for the dispatch even if the agent hangs.
    if (may_refer && !is_put_back_unasked(what, *parcel)) {
        may_refer = co_await agents_.holds(what.address, parcel->sha256, at_most / 2);
    }
    const auto sending = may_refer ? Agents::Sending::by_reference : Agents::Sending::whole;
    const Instant sent = clock_.now();
    const Millis time_left = std::max(what.deadline - sent, Millis{1});
    Answer answer = co_await agents_.dispatch(what.address, what.task_id, parcel, sending,
                                              time_left, time_until(move.until));
    if (answer.heard == Heard::lacks_content) may_refer = false;
    if (answer.heard == Heard::accepted) observer_.dispatch_took(clock_.now() - sent);
    co_return answer;
}

Millis Dispatcher::time_until(Instant end) const {
    return std::max(end - clock_.now(), options_.rules.grace);
}

// Waits for a retry's pause, plus up to a half so that retries do not coincide. Sleeps are short,
// since they cannot be cancelled. False: the conversation is no longer wanted.
boost::asio::awaitable<bool> Dispatcher::await_turn(Instant not_before, const Lifeline& lifeline) {
    constexpr Millis nap{1'000};
    const Millis pause = std::max(not_before - clock_.now(), Millis{0});
    const auto spread =
        static_cast<Millis::rep>(static_cast<double>(pause.count()) * random_.fraction() / 2);
    const Instant until = not_before + Millis{spread};
    while (clock_.now() < until && !lifeline.is_stopping) {
        if (lifeline.is_cut) co_return false;
        co_await clock_.sleep_until(std::min(until, clock_.now() + nap));
    }
    co_return !lifeline.is_cut;
}

boost::asio::awaitable<void> Dispatcher::converse(release::StartConversation what,
                                                  std::shared_ptr<const Parcel> parcel,
                                                  std::shared_ptr<Lifeline> lifeline) {
    if (!co_await await_turn(what.not_before, *lifeline)) co_return;
    const Instant began = clock_.now();
    release::Conversation conversation(release::rules_for(options_.rules, parcel->type), began,
                                       what.deadline, what.asks_first);
    const release::Order sent = order_of(*parcel);
    Move move = conversation.begin(began);
    bool is_first = true;
    release::ProgressThrottle throttle(what.node, what.task_id, std::move(what.trouble),
                                       what.is_own_agent);
    bool may_refer = parcel->may_be_held;
    while (move.kind != Move::Kind::finish) {
        if (move.kind == Move::Kind::pause) {
            co_await clock_.sleep_until(move.until);
            if (lifeline->is_cut) co_return;
            move = conversation.woken(clock_.now());
            continue;
        }
        if (move.kind == Move::Kind::dispatch) {
            const release::DispatchState state{lifeline->is_stopping, conversation.is_forgotten(),
                                               parcel->payload != nullptr, parcel->problem};
            if (std::optional<release::Verdict> unsent = release::verdict_unsent(state)) {
                move.kind = Move::Kind::finish;
                move.verdict = std::move(*unsent);
                continue;
            }
        }
        // A held request does no work and must not keep others out, so it takes no slot. Held
        // requests have a limit of their own; beyond it the agent is asked without a hold.
        if (move.hold.count() > 0 && held_ >= options_.max_held) move.hold = Millis{0};
        const bool is_held = move.hold.count() > 0;
        const bool is_proven = reached_.knows(what.address);
        if (is_held) {
            ++held_;
        } else {
            co_await in_flight_.acquire(lifeline->release, is_proven);
        }
        if (is_first) {
            conversation.turn_came(clock_.now());
        } else {
            conversation.is_sent(clock_.now());
        }
        Answer answer;
        const bool may_send = lifeline->may_send(clock_.now());
        if (may_send) answer = co_await send(move, what, parcel, may_refer);
        answer = release::compared(std::move(answer), sent);
        if (is_held) {
            --held_;
        } else {
            in_flight_.release(lifeline->release, is_proven);
        }
        if (may_send) reached_.heard(what.address, answer.heard);
        // After the claim's time another process may own the release: stop sending; the runner
        // notices on its own.
        if (!may_send || lifeline->is_cut) co_return;
        if (answer.heard != Heard::accepted) observer_.agent_error(answer.heard);
        if (is_first) {
            release::Attempted attempted{what.node, what.task_id, {}};
            if (answer.heard == Heard::accepted) {
                attempted.is_own_agent = !answer.capabilities.empty();
            }
            lifeline->report(std::move(attempted));
        }
        report_progress(throttle.answered(answer, clock_.now(), is_first), *lifeline);
        is_first = false;
        if (is_another_agent(what, *parcel, answer)) {
            move.kind = Move::Kind::finish;
            move.verdict = {};
            move.verdict.failure = release::FailureKind::rejected;
            move.verdict.error =
                "the agent is not the one that told its capabilities before: it "
                "may have been sent a reference that it does not know";
            continue;
        }
        move = conversation.heard(answer, clock_.now(), random_.fraction());
        if (move.kind != Move::Kind::finish) {
            report_progress(throttle.fell_silent(conversation.silent_since(),
                                                 conversation.may_have_arrived(), clock_.now()),
                            *lifeline);
            report_progress(throttle.troubled(conversation.trouble(), clock_.now()), *lifeline);
        }
    }
    if (!move.verdict.is_id_used) {
        observer_.node_finished(move.verdict.status, move.verdict.failure, clock_.now() - began);
    }
    release::Reported reported;
    reported.node = what.node;
    reported.task_id = what.task_id;
    reported.verdict = std::move(move.verdict);
    lifeline->report(std::move(reported));
}

boost::asio::awaitable<void> Dispatcher::try_cancel(release::CancelTask what, release::Order sent,
                                                    std::shared_ptr<Lifeline> lifeline) {
    Millis delay = options_.rules.retry_first;
    constexpr int tries = 20;  // about 80 s: a restarting agent is back by then
    for (int i = 0; i < tries && lifeline->may_send(clock_.now()); ++i) {
        // After the node's deadline the agent has ended the task on its own.
        if (i > 0 && clock_.now() >= what.deadline) co_return;
        const bool is_proven = reached_.knows(what.address);
        co_await in_flight_.acquire(lifeline->release, is_proven);
        Answer answer =
            co_await agents_.cancel(what.address, what.task_id, time_until(what.deadline));
        in_flight_.release(lifeline->release, is_proven);
        reached_.heard(what.address, answer.heard);
        answer = release::compared(std::move(answer), sent);
        // An agent that does not know the task may still receive it: a dispatch sent before the
        // stop can arrive after this.
        const bool is_settled =
            answer.heard == Heard::accepted || answer.heard == Heard::wrong_state;
        if (is_settled) co_return;
        co_await clock_.sleep_until(clock_.now() + delay);
        delay = std::min(delay * 2, options_.rules.retry_ceiling);
    }
}

}  // namespace edgeroll::control
