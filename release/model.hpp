// The data of a release: as the database has it (Snapshot) and as the core keeps it (Release).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "release/ids.hpp"
#include "release/policy.hpp"
#include "release/reasons.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::release {

/// How to reach a node and how to verify its identity (docs/contract.md section 2).
struct Address {
    std::string name;
    std::string ip;
    int port = 8443;
    std::string
        fingerprint;  ///< SHA-256 of the certificate, 64 lower-case hex digits; empty: no pin
    Labels labels;    ///< sorted by name
};

/// The inventory's data about a node at the moment of reading.
struct NodeFacts {
    bool exists = true;
    bool is_enabled = true;
    bool is_in_maintenance = false;
    std::optional<Version> applied_version;  ///< what it holds, as far as is known
    std::string applied_sha256;              ///< empty: not known
    bool is_own_agent = false;               ///< it has told its capabilities: it queues tasks
    /// Of a rollback: the release that it undoes still runs on the node.
    bool is_still_running = false;
};

/// A row of release_task_nodes joined with its node.
struct NodeRow {
    std::int64_t row_id = 0;  ///< release_task_nodes.id: later rows have higher ids
    NodeId id;
    int batch = 1;
    NodeStatus status = NodeStatus::pending;
    FailureKind failure = FailureKind::none;
    int attempt = 0;          ///< intended dispatches so far; the first is 1
    int attempts_before = 0;  ///< the attempts of `attempt` before the last `retry` of an operator
    /// The row existed when the release was started (counts with Snapshot::started_batch).
    bool is_of_start = false;
    bool is_waived = false;  ///< failed, and waived by an operator before the last `retry`
    /// Edgeroll added it to a success, with batch 0 (docs/contract.md 6.9); outside all totals.
    bool is_joined = false;
    /// The attempts since then whose task id the agent had used for another release.
    int ids_passed_over = 0;
    /// The version of the node's content, if not the release's own (rollbacks).
    std::optional<Version> config_version;
    std::string task_id;                   ///< agent_task_id, empty before the first intent
    ReasonKind reason = ReasonKind::none;  ///< as reason_of_row gives it
    std::string error;                     ///< error_msg, for people
    /// Running rows: the trouble that `reason` names, which is also part of `error`.
    std::string trouble;
    /// Running rows: how the previous attempt failed, which is also part of `error`.
    std::string earlier_error;
    /// Of a success: what has looked at the content there; `unknown`: nobody says.
    std::string evidence{looks::unknown};
    Millis running_for{0};  ///< since started_at by the database's clock; running rows only
    NodeFacts facts;
    Address address;
};

/// The row of config_versions for the release's version.
struct Content {
    /// Without content, agents reload their current version (docs/contract.md section 3).
    bool is_present = false;
    std::string sha256;  ///< content digest (docs/contract.md section 5), 64 lower-case hex digits
};

/// A node that a plan may use: enabled and online.
struct FleetNode {
    NodeId id;
    Labels labels;
    std::string name{}, ip{};  ///< a selector's list names either of them
};

/// A reading of the header and one batch, with the facts that show whether it is enough.
struct BatchReading {
    int number = 0;
    std::optional<int> lowest_open;  ///< the lowest batch with a pending or running row, of all
    int failed = 0;                  ///< failed rows, of all batches
};

/// All data for a decision, read at one moment under a claim.
struct Snapshot {
    ReleaseId id;
    TaskType type = TaskType::apply_config;
    Version version;
    std::string order_id;  ///< empty: begun by an older process without orders
    ReleaseStatus status = ReleaseStatus::pending;
    BatchStatus batch_status = BatchStatus::none;
    bool is_ended = false;  ///< finished_at is set; an operator may have written the final status
    Action requested = Action::none;
    int current_batch = 0;  ///< the ordinal of the batch started last, for display; 0: unstarted
    /// The number of that batch; is_of_start of the rows is valid too. Nothing: unstarted, or an
    /// older process has had the claim, and both are derived (release/step/phase.hpp).
    std::optional<int> started_batch;
    int total_batches = 0;
    int total_nodes = 0;  ///< as in the row; before the first start as the pipeline announced
    int success_nodes = 0;
    int failed_nodes = 0;
    bool has_batch_config = false;  ///< with it and without node rows, edgeroll plans the batches
    bool is_config_empty = false;   ///< batch_config is a blank text
    /// Before the start: time since the number of node rows last grew. Nothing: complete, or this
    /// number was not recorded yet.
    std::optional<Millis> rows_unchanged_for;
    bool is_planned = false;  ///< edgeroll planned the rows (plan_sha256 is set)
    Policy policy;
    std::string content_sha256;  ///< digest kept at the first start; "" before, "reload" for none
    std::string last_error;
    Content content;
    /// By version: the contents that rows name in config_version; deleted contents are not present.
    std::vector<std::pair<Version, Content>> other_contents;
    std::vector<std::string> bans;        ///< digests that agents are told to refuse, newest first
    bool is_forced = false;               ///< a banned content is released anyway
    std::optional<ReleaseId> rolls_back;  ///< the release that this one undoes
    /// Since the abort, by the database's clock: the release is undone while it runs.
    std::optional<Millis> aborted_for;
    bool is_awaited = false;  ///< aborted, and an unfinished rollback waits for its running nodes
    /// A success whose deferred nodes get their content late: it stays a success, whatever their
    /// result.
    bool catches_up = false;
    bool is_proven = false;   ///< evidence says that a node has proven the content
    int waived_failures = 0;  ///< failed nodes that no longer count against a limit

    // Set between batches.
    Hold hold = Hold::none;
    std::optional<Millis> hold_left;  ///< until the hold's next decision, by the database's clock
    /// Time since a node of this release last finished; nothing: none has.
    std::optional<Millis> since_last_finish;

    // Working time from the start, without the pauses, by the database's clock.
    Millis worked{0};
    Millis batch_work_start{0};    ///< `worked` when the current batch was started
    bool is_pause_marked = false;  ///< the database already counts the present pause
    std::int64_t utc_ms = 0;       ///< the database's wall clock at the reading, for windows
    std::int64_t steer_seq = 0;    ///< grows with every steering write of the API

    /// `nodes` has the rows of this batch only; the other rows are unchanged.
    std::optional<BatchReading> part;
    std::vector<NodeRow> nodes;    ///< ascending by (batch, id)
    std::vector<FleetNode> fleet;  ///< filled in only when a plan is needed; ascending by id
    /// Earlier or started releases that share nodes (docs/contract.md 4.9).
    std::vector<Version> blockers;
    std::vector<std::string>
        problems;  ///< reasons why the release is impossible: bad rows, keys, content
    /// Why this process cannot open the content's secrets although another process may; empty: it
    /// can.
    std::string closed{};
};

/// content_sha256 of a release without a content of its own.
inline constexpr const char* reload_only_mark = "reload";
/// content_sha256 of a rollback: every row has a content of its own.
inline constexpr const char* mixed_mark = "mixed";

/// Settings for the core's decisions; fixed for the life of a runner.
struct Rules {
    Millis node_timeout{600'000};  ///< from intent until the node must have finished
    int start_window = 256;     ///< nodes of a release whose first attempt may be open at once, > 0
    Millis retry_first{1'000};  ///< pause before the first automatic retry; doubles with each retry
    Millis retry_ceiling{60'000};  ///< the longest such pause
    Millis gate_pause{5'000};      ///< between two questions to a gate whose answer was unsure
    std::size_t ramp_above = 100;  ///< batches of more nodes grow with their successes
    int ramp_least = 8;            ///< this many nodes of such a batch may run before any success
};

/// Trouble of a running node that is not written yet.
struct NewTrouble {
    Trouble trouble;
    Instant until = never;  ///< the node is given up then if the trouble goes on
    std::string error;      ///< the whole error_msg
};

/// A node as the core keeps it.
struct NodeState {
    NodeRow row;
    Instant deadline = never;         ///< running nodes: the end of their time
    Instant intended_at{};            ///< running nodes: when their attempt was written
    bool is_in_conversation = false;  ///< the dispatcher has a conversation for it
    bool is_starting = false;         ///< its first attempt is still open
    bool is_cancel_sent = false;
    bool is_own_agent = false;     ///< it has told its capabilities, now or before
    Instant silent_since = never;  ///< running: since when the agent answers nothing
    bool may_have_task = false;    ///< with silent_since: a dispatch may have reached it
    bool is_slot_free = false;     ///< its silence has freed its place in the pools (I9)
    bool is_dark = false;          ///< silent for Policy::dark, which brakes the release
    int progress = 0;              ///< of the running task, last reported; percent
    std::optional<NewTrouble> new_trouble;
    bool has_new_progress = false;  ///< progress or trouble is new and not written yet
    std::size_t group = 0;          ///< index in Release::groups
};

/// A gate of the present look, as the core keeps it.
struct GateState {
    Gate gate;                       ///< as it was asked; a changed gate begins anew
    std::optional<GateAnswer> last;  ///< the last answer that counts
    bool is_news = false;            ///< ... and it is not recorded yet
    bool is_asked = false;           ///< an answer is still to come
    Instant asked_at{};              ///< of the last question
    Instant ask_at{};                ///< not before this time
    int fails = 0;                   ///< failing answers in a row
    int rows = 0;                    ///< rows of evidence so far
    std::string recorded;            ///< verdict and class of the last of them
};

struct StatusCounts {
    int pending = 0, running = 0, success = 0, failed = 0, skipped = 0, deferred = 0, cancelled = 0;
    friend bool operator==(const StatusCounts&, const StatusCounts&) = default;
};

/// Nodes that share a limit on how many run at the same time (release/step/pools.hpp).
struct Pool {
    int size = 0, running = 0;
};

/// The nodes of a batch that wait for the same pools.
struct LaneQueue {
    std::size_t group = 0;               ///< index in Release::groups
    std::vector<std::size_t> positions;  ///< in Release::nodes, ascending
    std::size_t next = 0;                ///< no node before it is pending
};

/// A batch: a range of Release::nodes and the sums over its nodes.
struct BatchState {
    int number = 0;
    std::size_t begin = 0, end = 0;
    StatusCounts counts;
    int set_aside = 0;  ///< the failed ones that the last retry left out
    std::vector<LaneQueue> queues;
};

/// The failed nodes in order, so that a report costs O(log nodes) (release/failures.hpp). Nodes
/// that the last retry left out are in none of these.
struct Failures {
    std::set<std::size_t> positions;  ///< in Release::nodes
    std::size_t waived = 0;           ///< this many, from the first, are waived
    std::size_t first_unwaived = 0;   ///< position; Release::nodes.size() if all are waived
    std::set<std::size_t> over_rate;  ///< batches, by index, above max_batch_fail_rate
};

/// The core's state of one owned release. Built only from a Snapshot: start, takeover, unknown
/// outcome and continue all enter through step(Observed).
struct Release {
    Rules rules;
    Snapshot seen;             ///< the header as last read or committed; its nodes are moved out
    bool is_observed = false;  ///< false until the first Observed
    std::vector<NodeState> nodes;      ///< ascending by (batch, id); then the late ones
    std::size_t members = 0;           ///< this many are not late; late nodes form no batch
    std::vector<std::size_t> by_id;    ///< positions in nodes, ascending by node id
    std::vector<BatchState> batches;   ///< ascending by number
    std::size_t finished_batches = 0;  ///< at least this many, from the first, are finished
    StatusCounts counts;
    Failures failures;
    int starting = 0;    ///< nodes with is_starting
    int free_slots = 0;  ///< nodes with is_slot_free
    std::vector<Pool> pools;
    std::vector<std::vector<std::size_t>> groups;  ///< the pools of each group of nodes
    Instant read_at{};                             ///< when `seen.utc_ms` was valid
    Instant worked_at{};                           ///< when `seen.worked` was valid
    Instant aborted_at = never;                    ///< when Snapshot::aborted_for began
    Instant hold_until = never;                    ///< the hold's next decision
    Instant last_finish{};                         ///< when a node was last finished
    /// As Policy::gates where they were asked (release/step/gates.hpp); only memory has them.
    std::vector<GateState> gates;
    /// The number of the batch that the last reading allows to open: a batch starts only on a
    /// reading that is newer than the end of the previous batch (docs/contract.md 4.6).
    std::optional<int> read_for_batch;
    bool is_reread_asked = false, is_batch_read_asked = false;
    std::set<std::size_t> silent;    ///< positions of the nodes with silent_since
    bool is_own_network = false;     ///< most running nodes went dark together
    std::vector<NodeId> progressed;  ///< every node with has_new_progress, possibly others
    Instant progress_written_at{};   ///< when progress last caused a commit
    bool is_proven = false;          ///< a node has proven the content (release/step/probation.hpp)
    bool is_look_over = false;       ///< of a rollback (release/step/first_look.hpp)
    bool has_new_rows = false;       ///< just observed: running rows may lack a conversation
};

/// Position of a node in Release::nodes; nothing if the release does not have the node. O(log n).
[[nodiscard]] std::optional<std::size_t> find_node(const Release& release, NodeId id);

/// Attempts since the last retry that count against `retries`.
[[nodiscard]] int tried(const NodeRow& row);

/// `{type}_{ip}_{version}`, from the second attempt on followed by `_{attempt}`
/// (docs/contract.md 5).
[[nodiscard]] std::string make_task_id(TaskType type, const std::string& ip, Version version,
                                       int attempt);

}  // namespace edgeroll::release
