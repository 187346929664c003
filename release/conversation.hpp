// One node's side of a release: what to ask its agent next, when to ask again, when to give up.
// Pure like step(): the dispatcher carries out the moves and returns the answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "release/step.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// How one request ended, as control sees it.
enum class Heard {
    accepted,       ///< the agent answered with the task's state (dispatch, query or cancel)
    unknown_task,   ///< 404 with code 3001
    refused,        ///< the agent refused for good (4xx with a code)
    wrong_state,    ///< 409 with code 3003
    server_error,   ///< 5xx, 429 or 408: not now
    nonsense,       ///< an answer that cannot be parsed: the request may have worked
    not_sent,       ///< refused or broken before the request was fully written
    no_answer,      ///< fully written, then silence or a broken connection
    wrong_peer,     ///< certificate trouble on either side
    lacks_content,  ///< 409 with code 3001: a dispatch by reference needs its payload
    used_id,        ///< 409 with code 3002: the agent used the task id for another release
    other_task,     ///< an answer about another release's task: the state of ours is unknown
};
/// The word in metrics, equal to the value's name.
[[nodiscard]] std::string_view to_text(Heard heard);

/// The identity of a task as an answer gives it, as text; agents may leave fields out.
struct TaskIdentity {
    std::string order_id, type, version, sha256;  ///< empty: not given
};

/// What was sent, to compare answers with. An answer counts only for this order.
struct Order {
    std::string id;  ///< order_id; empty: none was sent
    TaskType type = TaskType::apply_config;
    Version version;
    /// Digest of the content; empty: no content; nothing: unknown here.
    std::optional<std::string> sha256;
    /// The digest by the older rule, which ignores templates, as field `sha256` of the dispatch:
    /// agents that know no other rule answer with it. Empty: unknown here.
    std::string plain_sha256{};
};

struct Answer {
    Heard heard = Heard::not_sent;
    TaskStatus status = TaskStatus::pending;  ///< with accepted
    TaskIdentity about;                       ///< with accepted
    bool is_certain = false;  ///< with accepted: it names exactly this order (set by compared)
    int progress = 0;
    std::string last_error;  ///< the agent's lastError
    std::string steps;       ///< JSON array text
    std::string message;     ///< what went wrong, for error_msg
    bool is_curable = true;  ///< failed: nothing in `steps` shows that a retry must fail too
    /// With accepted: the agent's capabilities; words in ascending order, separated by commas.
    std::string capabilities{};
    /// With accepted: what has looked at the content there (release/node_evidence.hpp).
    std::string evidence{looks::unknown};
};

/// The answer, or `other_task` if the answer contradicts what was sent. Answers of agents that
/// report only a status always pass.
[[nodiscard]] Answer compared(Answer answer, const Order& sent);

struct ConversationRules {
    Millis dispatch_timeout{60'000};  ///< RELEASE_DISPATCH_TIMEOUT_SEC
    Millis poll_first{50};
    Millis poll_ceiling{2'000};  ///< RELEASE_POLL_INTERVAL_SEC
    Millis retry_first{100};
    Millis retry_ceiling{5'000};
    /// Longest ?wait= to ask for; 0: never. A third of Policy::dark, so that silence is noticed.
    Millis hold_max{5'000};
    /// How far a request may stay open past the node's time: the request that is open when the time
    /// ends, and the one question afterwards (docs/adr/0016).
    Millis grace{3'000};
    int tls_tries = 3;
};

/// What to do next.
struct Move {
    enum class Kind { dispatch, query, pause, finish };
    Kind kind = Kind::pause;
    Instant until = never;  ///< pause: when to go on; a request: when to give up at the latest
    Millis hold{0};         ///< query: the `wait` to ask for
    Verdict verdict;        ///< finish
};

class Conversation {
  public:
    /// @param deadline end of the node's time; one question is asked even after it, so that a task
    /// that finished while no question was open is no timeout.
    /// @param asks_first a dispatch may have arrived before: query, then dispatch if unknown.
    Conversation(const ConversationRules& rules, Instant started, Instant deadline,
                 bool asks_first);

    /// The first move.
    [[nodiscard]] Move begin(Instant now);
    /// The first request had to wait until now for a place: the time for dispatch, during which the
    /// node may be out of reach, counts from here.
    void turn_came(Instant now);
    /// A later request had to wait until now for a place: silence counts from here.
    void is_sent(Instant now) { asked_at_ = now; }
    /// After a dispatch or query, with the answer after compared(). @param jitter in [0,1): spreads
    /// retries.
    [[nodiscard]] Move heard(const Answer& answer, Instant now, double jitter);
    /// After a pause.
    [[nodiscard]] Move woken(Instant now);

    /// The agent had the task once and now denies it.
    [[nodiscard]] bool is_forgotten() const { return is_forgotten_; }

    /// Why the task is not taken or not reported, and since when: `unreachable`, `refusing`
    /// (reached, but not taken) or `silent` (the agent may have it).
    struct Trouble {
        release::Trouble what;
        Instant since{};
        Instant until = never;  ///< the node is given up then if the trouble goes on
    };
    [[nodiscard]] std::optional<Trouble> trouble() const;
    /// Since when the agent answers nothing: when the first request without an answer was sent.
    /// `never`: it answers.
    [[nodiscard]] Instant silent_since() const { return unanswered_since_; }
    /// A dispatch may have reached the agent, which has not denied the task since.
    [[nodiscard]] bool may_have_arrived() const { return may_have_arrived_; }

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
    bool was_sent_;              ///< a dispatch was fully sent once: the node's time applies
    bool may_have_arrived_;      ///< ... and the agent has not denied the task since
    bool was_accepted_ = false;  ///< the agent has named the task at least once
    bool was_misnamed_ = false;  ///< a dispatch was answered with another task: ours may run
    std::string other_;          ///< what the agent said about another release's task, if it did
    bool was_reached_ = false;   ///< the node answered at least once, with any answer
    bool is_forgotten_ = false;  ///< accepted, then unknown to the agent
    bool ignores_hold_ = false;  ///< answered ?wait= at once: poll it
    bool is_last_question_ = false;
    bool has_lacked_content_ = false;
    std::string refusal_;  ///< a 409 on dispatch, until a query tells its meaning
    /// With it: no dispatch of this task was sent before, so a task found there is not ours.
    bool was_first_refused_ = false;
    std::string last_trouble_;  ///< for error_msg when time is up
    std::string last_refusal_;  ///< the last message of an agent that was reached
    std::optional<Instant> trouble_since_;
    Instant unanswered_since_ = never;
};

}  // namespace edgeroll::release
