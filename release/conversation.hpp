// One node's side of a release: what to ask its agent next, when to ask again, when to give up.
// Pure like step(): the dispatcher obeys it and brings back what it heard.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "release/step.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// How one request ended, seen from here.
enum class Heard {
    accepted,       ///< the agent answered with the task's state (dispatch, query or cancel)
    unknown_task,   ///< 404 with code 3001
    refused,        ///< the agent said no, for good (4xx with a code)
    wrong_state,    ///< 409 with code 3003
    server_error,   ///< 5xx, 429 or 408: not now
    nonsense,       ///< an answer that is none: it may have worked
    not_sent,       ///< refused or broken before the request was fully written
    no_answer,      ///< fully written, then silence or a broken connection
    wrong_peer,     ///< certificate trouble on either side
    lacks_content,  ///< 409 with code 3001: a dispatch by reference needs its payload
    used_id,        ///< 409 with code 3002: the agent used the task id for another release
    other_task,     ///< an answer about another release's task: nothing is known of ours
};
/// The word of metrics, the same as the value's name.
[[nodiscard]] std::string_view to_text(Heard heard);

/// What a task is, by the words of an answer: as far as the agent says it, as text.
struct TaskIdentity {
    std::string order_id, type, version, sha256;  ///< empty: not said
};

/// What was sent, for answers to be compared with. An answer counts only for that.
struct Order {
    std::string id;  ///< order_id; empty: none was sent
    TaskType type = TaskType::apply_config;
    Version version;
    /// Digest of the content; empty: nothing in it. Nothing: not known here.
    std::optional<std::string> sha256;
    /// The same by the rule that sees no templates, as field `sha256` of the dispatch has it: what
    /// agents that know no other rule answer. Empty: not known here.
    std::string plain_sha256{};
};

struct Answer {
    Heard heard = Heard::not_sent;
    TaskStatus status = TaskStatus::pending;  ///< with accepted
    TaskIdentity about;                       ///< with accepted
    bool is_certain = false;  ///< with accepted: it names the very order (set by compared)
    int progress = 0;
    std::string last_error;  ///< the agent's lastError
    std::string steps;       ///< JSON array text
    std::string message;     ///< what went wrong, for error_msg
    bool is_curable = true;  ///< failed: nothing in `steps` says that a retry must fail as well
    /// With accepted: what the agent says it can do; words, ascending, with commas between them.
    std::string capabilities{};
};

/// The answer, or `other_task` where it says of its task what contradicts what was sent. Of agents
/// that say nothing of a task but its status every answer passes.
[[nodiscard]] Answer compared(Answer answer, const Order& sent);

struct ConversationRules {
    Millis dispatch_timeout{60'000};  ///< RELEASE_DISPATCH_TIMEOUT_SEC
    Millis poll_first{50};
    Millis poll_ceiling{2'000};  ///< RELEASE_POLL_INTERVAL_SEC
    Millis retry_first{100};
    Millis retry_ceiling{5'000};
    Millis hold_max{20'000};  ///< longest ?wait= asked for; 0 never asks
    /// How far past the node's time a request may stay open: one that is under way when it ends,
    /// and the one question that is asked afterwards (docs/adr/0016).
    Millis grace{3'000};
    int tls_tries = 3;
};

/// What to do next.
struct Move {
    enum class Kind { dispatch, query, pause, finish };
    Kind kind = Kind::pause;
    Instant until = never;  ///< pause: when to go on; a request: when it is given up at the latest
    Millis hold{0};         ///< query: the `wait` to ask for
    Verdict verdict;        ///< finish
};

class Conversation {
  public:
    /// @param deadline end of the node's time; one question is asked even when it is past, so that
    /// a
    ///        task which finished while nobody looked is not called a timeout.
    /// @param asks_first a dispatch may have arrived before: query, then dispatch if unknown.
    Conversation(const ConversationRules& rules, Instant started, Instant deadline,
                 bool asks_first);

    /// The first move.
    [[nodiscard]] Move begin(Instant now);
    /// The first request had to wait until now for its turn: the time for dispatch, in which the
    /// node may be out of reach, counts from here.
    void turn_came(Instant now);
    /// After a dispatch or query, with the answer as compared. @param jitter in [0,1): spreads
    /// retries.
    [[nodiscard]] Move heard(const Answer& answer, Instant now, double jitter);
    /// After a pause.
    [[nodiscard]] Move woken(Instant now);

    /// The agent had the task once and denies it now.
    [[nodiscard]] bool is_forgotten() const { return is_forgotten_; }

    /// What keeps the task from being taken or asked for, since when: `unreachable`, `refusing`
    /// (reached, and not taken) or `silent` (it may be there).
    struct Trouble {
        release::Trouble what;
        Instant since{};
        Instant until = never;  ///< it is given up then, if that goes on
    };
    [[nodiscard]] std::optional<Trouble> trouble() const;

  private:
    enum class Ask { dispatch, query };

    [[nodiscard]] Move ask(Ask what, Instant now);
    [[nodiscard]] Move retry(Ask what, Instant now, double jitter);
    [[nodiscard]] Move heard_dispatch(const Answer& answer, Instant now, double jitter);
    [[nodiscard]] Move heard_query(const Answer& answer, Instant now, double jitter);
    [[nodiscard]] Move heard_of_other(const Answer& answer, Instant now, double jitter);
    [[nodiscard]] Move not_there(Instant now, double jitter);
    [[nodiscard]] bool may_be_ours(const Answer& answer) const;
    [[nodiscard]] Move follow(const Answer& answer, Instant now);
    [[nodiscard]] Move out_of_time(Instant now);
    [[nodiscard]] Move give_up() const;
    [[nodiscard]] Move denied(const std::string& trouble) const;
    [[nodiscard]] Move not_taken(std::string error) const;
    void note_trouble(const Answer& answer, Instant now);
    [[nodiscard]] bool is_out_of_time(Instant now) const;

    ConversationRules rules_;
    Instant started_;
    Instant deadline_;
    Ask next_;
    Ask asked_ = Ask::dispatch;
    Instant asked_at_{};
    Millis held_{0};
    Millis retry_delay_;
    Millis poll_delay_;
    int wrong_peer_count_ = 0;
    bool has_dispatched_ = false;
    bool was_sent_;              ///< a dispatch was fully sent once: the node's time governs
    bool may_have_arrived_;      ///< ... and the agent has not said since that it is unknown
    bool was_accepted_ = false;  ///< the agent has named the task at least once
    bool was_misnamed_ = false;  ///< a dispatch was answered with another task: ours may run
    std::string other_;          ///< what was said of another release's task, if it was
    bool was_reached_ = false;   ///< something that is the node's answered, whatever it said
    bool is_forgotten_ = false;  ///< accepted, then unknown to the agent
    bool ignores_hold_ = false;  ///< answered ?wait= at once: poll it
    bool is_last_question_ = false;
    bool has_lacked_content_ = false;
    std::string refusal_;  ///< a 409 on dispatch, until a query tells what it meant
    /// With it: no dispatch of this task was sent before, so that what is found there is not ours.
    bool was_first_refused_ = false;
    std::string last_trouble_;  ///< for error_msg when time is up
    std::string last_refusal_;  ///< what an agent that was reached said last
    std::optional<Instant> trouble_since_;
};

}  // namespace edgeroll::release
