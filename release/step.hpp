// The life of a release as a function: takes state and event, returns the next state and the work
// to do.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "release/commit.hpp"
#include "release/model.hpp"
#include "release/violation.hpp"

namespace edgeroll::release {

/// The final result of a node in this release.
struct Verdict {
    NodeStatus status = NodeStatus::failed;  ///< success, failed or cancelled
    FailureKind failure = FailureKind::none;
    std::string error;           ///< contains the agent's lastError if it gave one
    std::string steps;           ///< JSON array text of the agent's steps; may be empty
    std::string capabilities{};  ///< as Answer::capabilities, of the final answer
    std::string evidence{};      ///< as Answer::evidence
    int progress = 0;            ///< 0..100
    bool is_curable = true;      ///< failed: another attempt may succeed
    /// failed before the task began: the agent used this task id for another release.
    bool is_id_used = false;
    /// rejected: the agent said "not now" (5xx), not "never", so another attempt makes sense.
    bool is_for_now = false;
};

// ---- events ----

/// The database was read again (after a claim, a renewal, before a batch, after an unknown
/// outcome).
struct Observed {
    Snapshot snapshot;
};
/// The first attempt to reach a node has ended, with any result: the next node may start.
struct Attempted {
    NodeId node;
    std::string task_id;
    /// Whether the answer told the agent's capabilities; nothing: there was no such answer.
    std::optional<bool> is_own_agent{};
};
/// The conversation with a node has ended. A foreign task id is dropped and recorded.
struct Reported {
    NodeId node;
    std::string task_id;
    Verdict verdict;
};
/// A running task has made progress, or its agent cannot be reached at present. Foreign task ids
/// and unchanged values are dropped.
struct Progressed {
    NodeId node;
    std::string task_id;
    int progress = 0;                         ///< percent
    std::optional<release::Trouble> trouble;  ///< the present trouble (Conversation::trouble)
    Instant until = never;                    ///< ... and when the node is given up because of it
    /// Since when the agent answers nothing (Conversation::silent_since); never: it answers;
    /// nothing: as before.
    std::optional<Instant> silent_since{};
    bool may_have_task = false;          ///< with silent_since: a dispatch may have reached it
    std::optional<bool> is_own_agent{};  ///< as in Attempted; nothing: as before
};
/// The time in Step::wake_at has come.
struct Woken {};

/// The answer to AskGate. It counts only for the gate that was asked, after the batch for which it
/// was asked: the release's gates may be others by now.
struct GateHeard {
    int after_batch = 0;    ///< as asked
    std::size_t index = 0;  ///< as asked
    Gate gate;              ///< as asked
    Instant asked_at{};     ///< as asked; a pass counts only if it was asked for after the bake
    GateAnswer answer;
};

using Event = std::variant<Observed, Attempted, Progressed, Reported, Woken, GateHeard>;

// ---- effects, carried out only after the commit is confirmed ----

/// Looks after a running node until it ends. With `asks_first` a dispatch may already have arrived:
/// the agent is queried before the task is sent (again).
struct StartConversation {
    NodeId node;
    Address address;
    std::string task_id;
    bool asks_first = false;
    Instant deadline = never;
    Instant not_before{};  ///< a retry: no request before this time
    /// The version of the node's content, if not the release's own.
    std::optional<Version> content;
    release::Trouble trouble;   ///< the trouble recorded in the row
    bool is_own_agent = false;  ///< it has told its capabilities: it takes contents by reference
};
/// Asks the agent to cancel; the outcome still comes through the conversation.
struct CancelTask {
    NodeId node;
    Address address;
    std::string task_id;
    Instant deadline = never;  ///< the end of the node's time: the agent stops by itself then
};
/// An operator wrote the end: conversations keep querying, but send no further task.
struct DispatchNoMore {};
/// Asks a gate; the answer comes as GateHeard.
struct AskGate {
    int after_batch = 0;    ///< number of the batch that was started last
    std::size_t index = 0;  ///< in Policy::gates
    Gate gate;
    std::string query;  ///< of a Prometheus gate, its variables filled in
    Instant asked_at{};
    Instant until = never;  ///< the end of the hold: no question stays open much longer
};
/// Reads the database again; the result comes as Observed.
struct ReadAgain {
    std::optional<int> batch;  ///< the header and the rows of this batch are enough
};
/// Nothing more to do here: gives the claim back. The release is finished, or another goes first.
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
    Instant wake_at = never;  ///< the next wake-up
    /// The step contradicts itself, so its commit must not be written; check() reports it.
    std::optional<Violation> broken = std::nullopt;
};

/// The maximum number of events in a step, so that a commit has at most as many node rows.
inline constexpr std::size_t events_per_step = 500;

/// Running nodes that are silent for so long that they brake the release (docs/contract.md 4.2).
/// O(silent nodes)
[[nodiscard]] int dark_nodes(const Release& release);

/// Decides. Pure: no clock, no I/O, no exception. Consumes `current`; if the commit does not
/// succeed, the caller discards `next` and starts again from Release{rules} with Observed.
/// Cost: O(log nodes) an event, O(nodes) for Observed.
[[nodiscard]] Step step(Release&& current, const Event& event, Instant now);

/// The same for several events in order, with one commit (at most events_per_step of them).
[[nodiscard]] Step step(Release&& current, const std::vector<Event>& events, Instant now);

/// Checks the changes of a step; O(changes). In production too.
[[nodiscard]] std::optional<Violation> check(const Step& done);

/// Checks everything; O(nodes). On load, at the end of each batch and in tests.
[[nodiscard]] std::optional<Violation> check_all(const Release& release);

}  // namespace edgeroll::release
