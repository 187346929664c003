#include "release/conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

using testing::HasSubstr;
using MoveKind = Move::Kind;

struct Talk : testing::Test {
    ConversationRules rules;
    Instant start{Millis{1'000'000}};
    Instant deadline = start + Millis{600'000};

    [[nodiscard]] Conversation make(bool asks_first = false) const {
        return {rules, start, deadline, asks_first};
    }
    static Answer say(Heard heard, const std::string& message = {}) {
        Answer answer;
        answer.heard = heard;
        answer.message = message;
        return answer;
    }
    static Answer task(TaskStatus status, const std::string& error = {}) {
        Answer answer;
        answer.heard = Heard::accepted;
        answer.status = status;
        answer.last_error = error;
        return answer;
    }
};

TEST_F(Talk, dispatches_then_holds_a_query_until_the_last_word) {
    Conversation talk = make();

    EXPECT_EQ(talk.begin(start).kind, MoveKind::dispatch);
    const Move query = talk.heard(task(TaskStatus::pending), start, 0);
    EXPECT_EQ(query.kind, MoveKind::query);
    EXPECT_EQ(query.hold, Millis{5'000});
    const Move end = talk.heard(task(TaskStatus::success), start + Millis{3'000}, 0);

    EXPECT_EQ(end.kind, MoveKind::finish);
    EXPECT_EQ(end.verdict.status, NodeStatus::success);
}

TEST_F(Talk, asks_again_at_once_when_the_agent_held_the_query_to_its_end) {
    Conversation talk = make();
    (void)talk.begin(start);
    (void)talk.heard(task(TaskStatus::pending), start, 0);

    const Move next = talk.heard(task(TaskStatus::running), start + Millis{20'000}, 0);

    EXPECT_EQ(next.kind, MoveKind::query);
    EXPECT_GT(next.hold.count(), 0);
}

TEST_F(Talk, polls_with_growing_pauses_when_the_agent_ignores_wait) {
    Conversation talk = make();
    (void)talk.begin(start);
    (void)talk.heard(task(TaskStatus::pending), start, 0);
    Instant now = start;
    std::vector<Millis::rep> pauses;

    for (int i = 0; i < 8; ++i) {
        const Move pause = talk.heard(task(TaskStatus::running), now, 0);
        ASSERT_EQ(pause.kind, MoveKind::pause);
        pauses.push_back((pause.until - now).count());
        now = pause.until;
        EXPECT_EQ(talk.woken(now).hold.count(), 0);
    }

    EXPECT_THAT(pauses, testing::ElementsAre(50, 100, 200, 400, 800, 1600, 2000, 2000));
}

TEST_F(Talk, gives_up_unreachable_after_the_dispatch_timeout_when_nothing_was_sent) {
    Conversation talk = make();
    Move move = talk.begin(start);
    Instant now = start;

    while (move.kind != MoveKind::finish) {
        if (move.kind == MoveKind::pause) {
            now = move.until;
            move = talk.woken(now);
        } else {
            EXPECT_EQ(move.kind, MoveKind::dispatch);
            move = talk.heard(say(Heard::not_sent, "connection refused"), now, 0.5);
        }
    }

    EXPECT_EQ(now - start, rules.dispatch_timeout);
    EXPECT_EQ(move.verdict.failure, FailureKind::unreachable);
    EXPECT_THAT(move.verdict.error, HasSubstr("connection refused"));
}

TEST_F(Talk, gives_up_on_5xx_answers_after_the_dispatch_timeout) {
    Conversation talk = make();
    Move move = talk.begin(start);
    Instant now = start;

    while (move.kind != MoveKind::finish) {
        if (move.kind == MoveKind::pause) now = move.until;
        move = move.kind == MoveKind::pause ? talk.woken(now)
                                            : talk.heard(say(Heard::server_error, "503"), now, 0.5);
    }

    EXPECT_EQ(now - start, rules.dispatch_timeout);
    // The node was reached: max_unreachable must not tolerate it (docs/contract.md 4.3).
    EXPECT_EQ(move.verdict.failure, FailureKind::rejected);
    EXPECT_TRUE(move.verdict.is_for_now);
    EXPECT_THAT(move.verdict.error, HasSubstr("503"));
}

TEST_F(Talk, rejects_a_node_that_was_reached_once_although_it_went_dark_afterwards) {
    Conversation talk = make();
    Move move = talk.begin(start);
    Instant now = start;
    bool is_first = true;

    while (move.kind != MoveKind::finish) {
        if (move.kind == MoveKind::pause) {
            now = move.until;
            move = talk.woken(now);
            continue;
        }
        move = talk.heard(is_first ? say(Heard::server_error, "503: disk full")
                                   : say(Heard::not_sent, "connection refused"),
                          now, 0.5);
        is_first = false;
    }

    EXPECT_EQ(move.verdict.failure, FailureKind::rejected);
    EXPECT_THAT(move.verdict.error, HasSubstr("disk full"));
    EXPECT_THAT(move.verdict.error, HasSubstr("connection refused"));
}

TEST_F(Talk, rejects_a_node_that_loses_every_dispatch_and_answers_that_it_has_none) {
    Conversation talk = make();
    Move move = talk.begin(start);
    Instant now = start;

    while (move.kind != MoveKind::finish) {
        if (move.kind == MoveKind::pause) {
            now = move.until;
            move = talk.woken(now);
        } else if (move.kind == MoveKind::dispatch) {
            move = talk.heard(say(Heard::no_answer, "connection reset"), now, 0.5);
        } else {
            move = talk.heard(say(Heard::unknown_task, "404"), now, 0.5);
        }
    }

    EXPECT_GE(now, deadline);
    EXPECT_EQ(move.verdict.failure, FailureKind::rejected);
    EXPECT_THAT(move.verdict.error, HasSubstr("connection reset"));
}

// An agent that accepts connections and never answers: each request ends by its timeout.
TEST_F(Talk, ends_with_the_nodes_time_and_a_grace_when_every_question_hangs) {
    Conversation talk = make();
    (void)talk.begin(start);
    Move move = talk.heard(task(TaskStatus::running), start, 0);
    Instant now = start;

    int questions = 0;
    while (move.kind != MoveKind::finish) {
        now = move.until;
        ASSERT_LE(now, deadline + rules.grace);
        if (move.kind == MoveKind::query) ++questions;
        move = move.kind == MoveKind::pause ? talk.woken(now)
                                            : talk.heard(say(Heard::no_answer, "silence"), now, 0);
    }

    EXPECT_EQ(questions, 1) << "one that was open at the end is the last one";
    EXPECT_EQ(move.verdict.failure, FailureKind::timeout);
}

TEST_F(Talk, ends_soon_after_the_nodes_time_when_the_dispatch_itself_hangs) {
    Conversation talk = make();
    Move move = talk.begin(start);
    Instant now = start;

    while (move.kind != MoveKind::finish) {
        now = move.until;
        move = move.kind == MoveKind::pause ? talk.woken(now)
                                            : talk.heard(say(Heard::no_answer, "silence"), now, 0);
    }

    EXPECT_LE(now, deadline + 2 * rules.grace);
    EXPECT_EQ(move.verdict.failure, FailureKind::timeout);
}

TEST_F(Talk, counts_the_time_for_dispatch_from_its_turn) {
    Conversation talk = make();
    (void)talk.begin(start);
    const Instant turn = start + Millis{90'000};  // other requests had all the places
    talk.turn_came(turn);

    EXPECT_EQ(talk.heard(say(Heard::not_sent, "connection refused"), turn, 0).kind,
              MoveKind::pause);
}

TEST_F(Talk, says_what_is_in_the_way_and_since_when) {
    Conversation talk = make();
    (void)talk.begin(start);
    EXPECT_FALSE(talk.trouble());

    Move move = talk.heard(say(Heard::not_sent, "connection refused"), start, 0);
    ASSERT_TRUE(talk.trouble());
    EXPECT_EQ(talk.trouble()->what, (Trouble{ReasonKind::unreachable, "connection refused"}));
    (void)talk.woken(move.until);
    move = talk.heard(say(Heard::server_error, "503: disk full"), move.until, 0);
    ASSERT_TRUE(talk.trouble());
    EXPECT_EQ(talk.trouble()->what, (Trouble{ReasonKind::refusing, "503: disk full"}));
    EXPECT_EQ(talk.trouble()->since, start);
    EXPECT_EQ(talk.trouble()->until, start + rules.dispatch_timeout);
    (void)talk.woken(move.until);
    (void)talk.heard(task(TaskStatus::running), move.until, 0);
    EXPECT_FALSE(talk.trouble());
}

TEST_F(Talk, says_why_a_dispatch_was_not_taken_and_not_that_the_task_is_unknown) {
    for (const double jitter : {0.0, 0.3, 0.5, 0.7, 0.99}) {
        Conversation talk = make();
        Move move = talk.begin(start);
        Instant now = start;
        while (move.kind != MoveKind::finish) {
            if (move.kind == MoveKind::pause) {
                now = move.until;
                move = talk.woken(now);
            } else if (move.kind == MoveKind::dispatch) {
                move = talk.heard(say(Heard::server_error, "503: disk full"), now, jitter);
            } else {
                move = talk.heard(say(Heard::unknown_task, "404: not known here"), now, jitter);
            }
        }
        EXPECT_THAT(move.verdict.error, HasSubstr("disk full")) << jitter;
    }
}

TEST_F(Talk, asks_for_the_task_when_a_dispatch_may_have_arrived) {
    Conversation talk = make();
    (void)talk.begin(start);

    const Move pause = talk.heard(say(Heard::no_answer, "timed out"), start, 0);
    const Move query = talk.woken(pause.until);
    EXPECT_EQ(query.kind, MoveKind::query);
    const Move again = talk.heard(say(Heard::unknown_task), pause.until, 0);
    EXPECT_EQ(again.kind, MoveKind::pause);

    EXPECT_EQ(talk.woken(again.until).kind, MoveKind::dispatch);
}

TEST_F(Talk, waits_for_the_nodes_own_time_once_a_dispatch_was_sent) {
    Conversation talk = make();
    (void)talk.begin(start);
    Move move = talk.heard(say(Heard::no_answer, "silence"), start, 0);
    Instant now = start;

    while (move.kind != MoveKind::finish) {
        if (move.kind == MoveKind::pause) now = move.until;
        move = move.kind == MoveKind::pause ? talk.woken(now)
                                            : talk.heard(say(Heard::no_answer, "silence"), now, 0);
    }

    EXPECT_GE(now, deadline);
    EXPECT_EQ(move.verdict.failure, FailureKind::timeout);
}

TEST_F(Talk, asks_once_more_when_the_time_is_already_up_at_a_takeover) {
    Conversation talk{rules, start, start - Millis{5'000}, true};

    EXPECT_EQ(talk.begin(start).kind, MoveKind::query);
    const Move end = talk.heard(task(TaskStatus::success), start, 0);

    EXPECT_EQ(end.verdict.status, NodeStatus::success);
}

// The agent answered, so the node must not be deferred, whatever an earlier owner had sent.
TEST_F(Talk, calls_no_agent_away_that_denies_the_task_when_the_time_is_up_at_a_takeover) {
    Conversation talk{rules, start, start - Millis{5'000}, true};
    (void)talk.begin(start);

    const Move end = talk.heard(say(Heard::unknown_task, "task is not known here"), start, 0);

    EXPECT_EQ(end.kind, MoveKind::finish);
    EXPECT_EQ(end.verdict.failure, FailureKind::rejected);
    EXPECT_EQ(end.verdict.error,
              "the time is over, and the agent says that it has no such task (task is not known "
              "here)");
    EXPECT_TRUE(end.verdict.is_for_now) << "nothing was refused: `retries` may try again";
}

TEST_F(Talk, dispatches_at_once_when_a_takeover_finds_the_task_unknown) {
    Conversation talk = make(true);

    EXPECT_EQ(talk.begin(start).kind, MoveKind::query);
    EXPECT_EQ(talk.heard(say(Heard::unknown_task), start, 0).kind, MoveKind::dispatch);
}

TEST_F(Talk, fails_as_tls_after_three_wrong_certificates) {
    Conversation talk = make();
    Move move = talk.begin(start);
    int tries = 0;
    while (move.kind != MoveKind::finish) {
        if (move.kind == MoveKind::pause) {
            move = talk.woken(move.until);
        } else {
            ++tries;
            move = talk.heard(say(Heard::wrong_peer, "names edge-9"), start, 0);
        }
    }

    EXPECT_EQ(tries, 3);
    EXPECT_EQ(move.verdict.failure, FailureKind::tls);
    EXPECT_THAT(move.verdict.error, HasSubstr("edge-9"));
}

TEST_F(Talk, fails_as_rejected_when_the_agent_refuses) {
    Conversation talk = make();
    (void)talk.begin(start);

    const Move end = talk.heard(say(Heard::refused, "digest differs"), start, 0);

    EXPECT_EQ(end.verdict.failure, FailureKind::rejected);
    EXPECT_EQ(end.verdict.error, "digest differs");
}

TEST_F(Talk, looks_for_the_task_before_it_believes_a_409) {
    Conversation talk = make();
    (void)talk.begin(start);

    EXPECT_EQ(talk.heard(say(Heard::wrong_state, "stale epoch"), start, 0).kind, MoveKind::query);
    const Move end = talk.heard(say(Heard::unknown_task), start, 0);

    EXPECT_EQ(end.verdict.failure, FailureKind::rejected);
    EXPECT_EQ(end.verdict.error, "stale epoch");
}

TEST_F(Talk, follows_a_known_task_after_a_409_when_it_may_have_sent_it_before) {
    Conversation talk = make(true);
    (void)talk.begin(start);
    (void)talk.heard(say(Heard::unknown_task), start, 0);
    EXPECT_EQ(talk.heard(say(Heard::wrong_state, "stale epoch"), start, 0).kind, MoveKind::query);

    const Move end = talk.heard(task(TaskStatus::success), start, 0);

    EXPECT_EQ(end.verdict.status, NodeStatus::success);
}

// The fence and the task of a release whose rows are gone: an older agent cannot tell them apart.
TEST_F(Talk, does_not_take_what_stands_there_after_a_409_for_a_task_that_was_never_sent) {
    Conversation talk = make();
    (void)talk.begin(start);
    (void)talk.heard(say(Heard::wrong_state, "stale epoch"), start, 0);

    const Move end = talk.heard(task(TaskStatus::success), start, 0);

    EXPECT_EQ(end.verdict.failure, FailureKind::rejected);
    EXPECT_EQ(end.verdict.error, "stale epoch");
}

TEST_F(Talk, takes_what_stands_there_after_a_409_where_the_agent_names_the_order) {
    Conversation talk = make();
    (void)talk.begin(start);
    (void)talk.heard(say(Heard::wrong_state, "stale epoch"), start, 0);
    Answer answer = task(TaskStatus::success);
    answer.is_certain = true;

    EXPECT_EQ(talk.heard(answer, start, 0).verdict.status, NodeStatus::success);
}

TEST_F(Talk, asks_for_the_next_id_when_the_agent_used_this_one_for_another_release) {
    Conversation talk = make();
    (void)talk.begin(start);

    const Move end = talk.heard(say(Heard::used_id, "task t was used"), start, 0);

    EXPECT_EQ(end.kind, MoveKind::finish);
    EXPECT_TRUE(end.verdict.is_id_used);
    EXPECT_EQ(end.verdict.status, NodeStatus::failed);
    EXPECT_EQ(end.verdict.failure, FailureKind::rejected);
    EXPECT_EQ(end.verdict.error, "task t was used");
}

TEST_F(Talk, sends_its_task_when_a_takeover_finds_that_of_another_release) {
    Conversation talk = make(true);
    (void)talk.begin(start);

    EXPECT_EQ(talk.heard(say(Heard::other_task, "its orderId is x"), start, 0).kind,
              MoveKind::dispatch);
    EXPECT_TRUE(talk.heard(say(Heard::used_id, "used"), start, 0).verdict.is_id_used);
}

TEST_F(Talk, never_takes_the_word_of_an_agent_that_speaks_of_another_task) {
    Conversation talk = make();
    Instant now = start;
    Move move = talk.begin(now);
    int dispatches = 0;
    while (move.kind != MoveKind::finish) {
        if (move.kind == MoveKind::dispatch) ++dispatches;
        if (move.kind == MoveKind::pause) now = move.until;
        move = move.kind == MoveKind::pause
                   ? talk.woken(now)
                   : talk.heard(say(Heard::other_task, "its version is 41"), now, 0);
    }

    EXPECT_EQ(dispatches, 1) << "ours may run there by now";
    EXPECT_GE(now, deadline) << "a slot is freed only by proof";
    EXPECT_EQ(move.verdict.failure, FailureKind::timeout);
    EXPECT_THAT(move.verdict.error, HasSubstr("its version is 41"));
}

TEST_F(Talk, does_not_call_a_node_away_that_answers_about_another_task) {
    Conversation talk{rules, start, start - Millis{1}, true};
    (void)talk.begin(start);

    const Move end = talk.heard(say(Heard::other_task, "its orderId is x"), start, 0);

    EXPECT_EQ(end.verdict.failure, FailureKind::rejected);
    EXPECT_EQ(end.verdict.error, "its orderId is x");
}

TEST_F(Talk, carries_the_agents_last_error_fetching_it_if_the_dispatch_answer_lacks_it) {
    Conversation talk = make();
    (void)talk.begin(start);

    EXPECT_EQ(talk.heard(task(TaskStatus::failed), start, 0).kind, MoveKind::query);
    const Move end = talk.heard(task(TaskStatus::failed, "nginx -t: bad"), start, 0);

    EXPECT_EQ(end.verdict.failure, FailureKind::exec_failed);
    EXPECT_EQ(end.verdict.error, "nginx -t: bad");
}

TEST_F(Talk, calls_a_task_lost_when_it_was_accepted_then_unknown_and_refused) {
    Conversation talk = make();
    (void)talk.begin(start);
    (void)talk.heard(task(TaskStatus::pending), start, 0);
    const Move pause = talk.heard(say(Heard::unknown_task), start, 0);
    EXPECT_EQ(talk.woken(pause.until).kind, MoveKind::dispatch);

    const Move end = talk.heard(say(Heard::refused, "no"), pause.until, 0);

    EXPECT_EQ(end.verdict.failure, FailureKind::lost);
}

TEST_F(Talk, spreads_retries_by_the_jitter) {
    Conversation early = make();
    Conversation late = make();
    (void)early.begin(start);
    (void)late.begin(start);

    const Move soon = early.heard(say(Heard::not_sent), start, 0.0);
    const Move later = late.heard(say(Heard::not_sent), start, 0.99);

    EXPECT_LT(soon.until, later.until);
}

// Whatever an agent answers, a conversation ends, and not long after the node's time limit.
TEST_F(Talk, ends_whatever_it_hears) {
    constexpr Heard all[] = {Heard::accepted,      Heard::unknown_task, Heard::wrong_state,
                             Heard::server_error,  Heard::nonsense,     Heard::not_sent,
                             Heard::no_answer,     Heard::wrong_peer,   Heard::refused,
                             Heard::lacks_content, Heard::used_id,      Heard::other_task};
    unsigned state = 12345;
    const auto draw = [&](unsigned below) {
        state = state * 1664525U + 1013904223U;
        return (state >> 8U) % below;
    };
    for (int run = 0; run < 2'000; ++run) {
        Conversation talk = make(draw(2) == 0);
        Instant now = start;
        Move move = talk.begin(now);
        const unsigned variety = 1 + draw(12);
        int moves = 0;
        while (move.kind != MoveKind::finish) {
            ASSERT_LT(++moves, 100'000);
            ASSERT_LT(now, deadline + Millis{120'000});
            if (move.kind == MoveKind::pause) {
                now = std::max(now, move.until);
                move = talk.woken(now);
                continue;
            }
            now += Millis{draw(20'000)};
            Answer answer = say(all[draw(variety)]);
            answer.status = draw(50) == 0 ? TaskStatus::success : TaskStatus::running;
            move = talk.heard(answer, now, 0.5);
        }
    }
}

}  // namespace
}  // namespace edgeroll::release
