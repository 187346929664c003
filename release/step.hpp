// The life of a release as a function: state and event in, next state and work to do out.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "release/commit.hpp"
#include "release/model.hpp"
#include "release/violation.hpp"

namespace edgeroll::release {

/// The last word on a node of this release.
struct Verdict {
    NodeStatus status = NodeStatus::failed;  ///< success, failed or cancelled
    FailureKind failure = FailureKind::none;
    std::string error;           ///< contains the agent's lastError when it gave one
    std::string steps;           ///< JSON array text of the agent's steps; may be empty
    std::string capabilities{};  ///< as Answer::capabilities, of the answer that tells the end
    int progress = 0;            ///< 0..100
    bool is_curable = true;      ///< failed: another attempt may go better
    /// failed, and nothing of it was begun: the agent used this task id for another release.
    bool is_id_used = false;
    /// rejected: the agent said "not now" (5xx), not "never", so that another attempt is worth it.
    bool is_for_now = false;
};

// ---- events ----

/// The database was read again (after a claim, a renewal, before a batch, after an unknown
/// outcome).
struct Observed {
    Snapshot snapshot;
};
/// The first attempt to reach a node is over, whatever came of it: the next node may start.
struct Attempted {
    NodeId node;
    std::string task_id;
};
/// The conversation with a node has its last word. A foreign task id is dropped and recorded.
struct Reported {
    NodeId node;
    std::string task_id;
    Verdict verdict;
};
/// A running task has come further, or its agent cannot be talked to just now. A foreign task id
/// and what is no news are dropped.
struct Progressed {
    NodeId node;
    std::string task_id;
    int progress = 0;                         ///< percent
    std::optional<release::Trouble> trouble;  ///< what is in the way now (Conversation::trouble)
    Instant until = never;                    ///< ... and when it is given up over that
};
/// The time asked for in Step::wake_at has come.
struct Woken {};

/// The answer to AskGate.
struct GateHeard {
    int after_batch = 0;  ///< as asked; an answer to an older question is dropped
    GateAnswer answer;
};

using Event = std::variant<Observed, Attempted, Progressed, Reported, Woken, GateHeard>;

// ---- effects, carried out only after the commit is known to be done ----

/// Look after a running node until its last word. With `asks_first` a dispatch may already have
/// arrived: the agent is asked for the task before it is sent (again).
struct StartConversation {
    NodeId node;
    Address address;
    std::string task_id;
    bool asks_first = false;
    Instant deadline = never;
    Instant not_before{};  ///< a retry: nothing is asked earlier
    /// Whose content the node gets, where it is not the release's own.
    std::optional<Version> content;
    release::Trouble trouble;  ///< what the row says to be in the way
};
/// Ask the agent to cancel; the outcome comes through the conversation all the same.
struct CancelTask {
    NodeId node;
    Address address;
    std::string task_id;
    Instant deadline = never;  ///< the end of the node's time: the agent stops by itself then
};
/// The end was written by hand: conversations go on asking, but none sends its task any more.
struct DispatchNoMore {};
/// Ask the gate (Policy::gate) and come back with GateHeard.
struct AskGate {
    int after_batch = 0;  ///< number of the batch that was started last
    std::string url;
    Instant until = never;  ///< the end of gate_timeout_sec: no question is open for much longer
};
/// Read the database again and come back with Observed.
struct ReadAgain {
    std::optional<int> batch;  ///< the header and the rows of this batch are enough
};
/// Nothing more to do here: give the claim back. Finished, or another release goes first.
struct LetGo {
    std::string reason;
    bool is_finished = false;
};

using Effect =
    std::variant<StartConversation, CancelTask, DispatchNoMore, AskGate, ReadAgain, LetGo>;

struct Step {
    Release next;
    Commit commit;
    std::vector<Effect> after_commit;
    Instant wake_at = never;  ///< the one next wake-up
    /// The step contradicts itself, so that its commit must not be written: check() says so.
    std::optional<Violation> broken = std::nullopt;
};

/// At most this many events go into one step, so that a commit has at most as many node rows.
inline constexpr std::size_t events_per_step = 500;

/// Decides. Pure: no clock, no I/O, no exception. `current` is consumed; if the commit does not
/// succeed the caller throws `next` away and starts again from Release{rules} with Observed.
/// Cost: O(log nodes) an event, O(nodes) for Observed.
[[nodiscard]] Step step(Release&& current, const Event& event, Instant now);

/// The same for several events in order, with one commit (at most events_per_step of them).
[[nodiscard]] Step step(Release&& current, const std::vector<Event>& events, Instant now);

/// Checks what a step touched; O(changes). In production too.
[[nodiscard]] std::optional<Violation> check(const Step& done);

/// Checks everything; O(nodes). On load, at the end of each batch and in tests.
[[nodiscard]] std::optional<Violation> check_all(const Release& release);

}  // namespace edgeroll::release
