// What is known about a release: as the database says it (Snapshot) and as the core keeps it
// (Release).
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

/// How to reach a node and how to know that it is the right one (docs/contract.md section 2).
struct Address {
    std::string name;
    std::string ip;
    int port = 8443;
    std::string
        fingerprint;  ///< SHA-256 of the certificate, 64 lower-case hex digits; empty: no pin
    Labels labels;    ///< sorted by name
};

/// What the inventory says of a node at the moment of reading.
struct NodeFacts {
    bool exists = true;
    bool is_enabled = true;
    bool is_in_maintenance = false;
    std::optional<Version> applied_version;
    std::string applied_sha256;
};

/// A row of release_task_nodes joined with its node.
struct NodeRow {
    std::int64_t row_id = 0;  ///< release_task_nodes.id: later rows have higher ones
    NodeId id;
    int batch = 1;
    NodeStatus status = NodeStatus::pending;
    FailureKind failure = FailureKind::none;
    int attempt = 0;          ///< dispatches intended so far; the first is 1
    int attempts_before = 0;  ///< of those, the ones before the last `retry` of an operator
    /// It was there when the release was started (counts beside Snapshot::started_batch).
    bool is_of_start = false;
    bool is_waived = false;  ///< failed, and waived by an operator before the last `retry`
    /// Of those since, the ones whose task id the agent had used for another release.
    int ids_passed_over = 0;
    /// Whose content the node gets, where it is not the release's own (rollbacks).
    std::optional<Version> config_version;
    std::string task_id;                   ///< agent_task_id, empty before the first intent
    ReasonKind reason = ReasonKind::none;  ///< as reason_of_row gives it
    std::string error;                     ///< error_msg, for people
    /// Running rows: what `reason` says to be in the way, which is also part of `error`.
    std::string trouble;
    /// Running rows: how the attempt before failed, which is also part of `error`.
    std::string earlier_error;
    Millis running_for{0};  ///< since started_at by the database's clock; running rows only
    NodeFacts facts;
    Address address;
};

/// The row of config_versions for the release's version.
struct Content {
    /// Without it agents reload what they have (docs/contract.md section 3).
    bool is_present = false;
    std::string sha256;  ///< content digest (docs/contract.md section 5), 64 lower-case hex digits
};

/// A node that a plan may use: enabled and online.
struct FleetNode {
    NodeId id;
    Labels labels;
    std::string name{}, ip{};  ///< a selector's list names one of them
};

/// A reading of the header and one batch only, with what shows whether that is enough.
struct BatchReading {
    int number = 0;
    std::optional<int> lowest_open;  ///< the lowest batch with a pending or running row, of all
    int failed = 0;                  ///< failed rows, of all
};

/// Everything a decision needs, read at one moment under a claim.
struct Snapshot {
    ReleaseId id;
    TaskType type = TaskType::apply_config;
    Version version;
    std::string order_id;  ///< empty: begun by an older process, which knew none
    ReleaseStatus status = ReleaseStatus::pending;
    BatchStatus batch_status = BatchStatus::none;
    bool is_ended = false;  ///< its end is recorded (finished_at); a final status may be by hand
    Action requested = Action::none;
    int current_batch = 0;  ///< the ordinal of the batch started last, for people; 0: unstarted
    /// The number of that batch, and the rows' is_of_start are to be trusted. Nothing: unstarted,
    /// or an older process has had the claim, and both are derived (release/step/phase.hpp).
    std::optional<int> started_batch;
    int total_batches = 0;
    int total_nodes = 0;  ///< as the row says; a promise of the pipeline until first started
    int success_nodes = 0;
    int failed_nodes = 0;
    bool has_batch_config = false;  ///< with it and without node rows edgeroll plans the batches
    bool is_config_empty = false;   ///< batch_config is a text with nothing in it
    /// Before the start: since the number of node rows, as it is, last grew. Nothing: complete, or
    /// nobody has noted this number yet.
    std::optional<Millis> rows_unchanged_for;
    bool is_planned = false;  ///< the rows were planned by edgeroll (plan_sha256 is set)
    Policy policy;
    std::string content_sha256;  ///< digest kept at the first start; "" before, "reload" for none
    std::string last_error;
    Content content;
    /// By version: the contents that rows name in config_version; not present when they are gone.
    std::vector<std::pair<Version, Content>> other_contents;
    std::vector<std::string> bans;        ///< digests that agents are told to refuse, newest first
    bool is_forced = false;               ///< a banned content is released all the same
    std::optional<ReleaseId> rolls_back;  ///< the release that this one undoes
    /// A success whose deferred nodes get their content late: whatever becomes of them, it stays
    /// one.
    bool catches_up = false;
    int waived_failures = 0;  ///< failed nodes that count against no limit any more

    // Between batches.
    Hold hold = Hold::none;
    std::optional<Millis> hold_left;  ///< until the hold's next decision, by the database's clock
    /// Since a node of this release was last finished; nothing when none was.
    std::optional<Millis> since_last_finish;

    // Working time: from the start, without the pauses, by the database's clock.
    Millis worked{0};
    Millis batch_work_start{0};    ///< `worked` when the current batch was started
    bool is_pause_marked = false;  ///< the database counts the present pause already
    std::int64_t utc_ms = 0;       ///< the database's wall clock at the reading, for windows
    std::int64_t steer_seq = 0;    ///< grows with every steering write of the API

    /// `nodes` are those of this batch only; the others are as they were.
    std::optional<BatchReading> part;
    std::vector<NodeRow> nodes;    ///< ascending by (batch, id)
    std::vector<FleetNode> fleet;  ///< only filled in when a plan is needed; ascending by id
    /// Earlier or started releases that share nodes (docs/contract.md 4.9).
    std::vector<Version> blockers;
    std::vector<std::string>
        problems;  ///< what makes the release impossible: bad rows, keys, content
    /// Why this process cannot open the content's secrets, where another one may; empty: it can.
    std::string closed{};
};

/// content_sha256 of a release that has no content of its own.
inline constexpr const char* reload_only_mark = "reload";
/// content_sha256 of a rollback: every row has a content of its own.
inline constexpr const char* mixed_mark = "mixed";

/// Settings the core decides by; fixed for the life of a runner.
struct Rules {
    Millis node_timeout{600'000};  ///< from intent until the node must have finished
    int start_window = 256;     ///< nodes of a release whose first attempt may be open at once, > 0
    Millis retry_first{1'000};  ///< pause before the first automatic retry; doubles each time
    Millis retry_ceiling{60'000};  ///< the longest such pause
    Millis gate_pause{5'000};      ///< between two questions at a gate that was unsure
};

/// What is in the way of a running node, not written yet.
struct NewTrouble {
    Trouble trouble;
    Instant until = never;  ///< it is given up then, if that goes on
    std::string error;      ///< the whole error_msg
};

/// A node as the core keeps it.
struct NodeState {
    NodeRow row;
    Instant deadline = never;         ///< running nodes: when their time is up
    bool is_in_conversation = false;  ///< the dispatcher was told to look after it
    bool is_starting = false;         ///< its first attempt is still open
    bool is_cancel_sent = false;
    int progress = 0;  ///< of the running task, as last heard; percent
    std::optional<NewTrouble> new_trouble;
    bool has_new_progress = false;  ///< of one of the two, and not written yet
    std::size_t group = 0;          ///< index in Release::groups
};

/// What came of one question at a gate.
struct GateAnswer {
    enum class Kind { pass, fail, unsure };
    Kind kind = Kind::unsure;
    std::string message;  ///< what was answered, for last_error and the history
};

struct StatusCounts {
    int pending = 0, running = 0, success = 0, failed = 0, skipped = 0, deferred = 0, cancelled = 0;
    friend bool operator==(const StatusCounts&, const StatusCounts&) = default;
};

/// Nodes that run beside each other only as far as there is room (release/step/pools.hpp).
struct Pool {
    int size = 0, running = 0;
};

/// The nodes of a batch that wait for the same pools.
struct LaneQueue {
    std::size_t group = 0;               ///< index in Release::groups
    std::vector<std::size_t> positions;  ///< in Release::nodes, ascending
    std::size_t next = 0;                ///< no pending node stands before it
};

/// A batch: a range of Release::nodes and what its nodes add up to.
struct BatchState {
    int number = 0;
    std::size_t begin = 0, end = 0;
    StatusCounts counts;
    int set_aside = 0;  ///< of the failed ones, those that the last retry left alone
    std::vector<LaneQueue> queues;
};

/// The failed nodes, kept in order so that a report costs O(log nodes) (release/failures.hpp).
/// Those that the last retry left alone are in none of them.
struct Failures {
    std::set<std::size_t> positions;  ///< in Release::nodes
    std::size_t waived = 0;           ///< the first ones, so many, are waived
    std::size_t first_unwaived = 0;   ///< position; Release::nodes.size() if all of them are
    std::set<std::size_t> over_rate;  ///< batches, by index, above max_batch_fail_rate
};

/// The core's state of one owned release. Built from a Snapshot and only from it: start, takeover,
/// unknown outcome and continue all enter through step(Observed).
struct Release {
    Rules rules;
    Snapshot seen;             ///< the header as last read or committed; its nodes are moved out
    bool is_observed = false;  ///< false until the first Observed
    std::vector<NodeState> nodes;      ///< ascending by (batch, id); then those that came late
    std::size_t members = 0;           ///< so many are not late; the others form no batch
    std::vector<std::size_t> by_id;    ///< positions in nodes, ascending by node id
    std::vector<BatchState> batches;   ///< ascending by number
    std::size_t finished_batches = 0;  ///< at least so many of them, from the first, are finished
    StatusCounts counts;
    Failures failures;
    int starting = 0;  ///< nodes with is_starting
    std::vector<Pool> pools;
    std::vector<std::vector<std::size_t>> groups;  ///< the pools of each group of nodes
    Instant read_at{};                             ///< when `seen.utc_ms` was true
    Instant worked_at{};                           ///< when `seen.worked` was true
    Instant hold_until = never;                    ///< the hold's next decision
    Instant last_finish{};                         ///< when a node was last finished
    std::optional<GateAnswer> gate;  ///< the last answer of the gate that is being asked
    bool is_gate_asked = false;      ///< an answer is on its way
    Instant gate_ask_at{};           ///< not before
    /// The number of the batch that the last reading allows to open: a batch starts only on a
    /// reading that is newer than the end of the one before (docs/contract.md 4.6).
    std::optional<int> read_for_batch;
    bool is_reread_asked = false, is_batch_read_asked = false;
    std::vector<NodeId> progressed;  ///< every node with has_new_progress, and perhaps others
    Instant progress_written_at{};   ///< when a commit was last made for progress
    bool has_new_rows = false;       ///< just observed: running rows may lack a conversation
};

/// Position of a node in Release::nodes; nothing if the release does not have it. O(log n).
[[nodiscard]] std::optional<std::size_t> find_node(const Release& release, NodeId id);

/// Attempts of this turn that count against `retries`.
[[nodiscard]] int tried(const NodeRow& row);

/// `{type}_{ip}_{version}`, from the second attempt on followed by `_{attempt}` (docs/contract.md
/// 5).
[[nodiscard]] std::string make_task_id(TaskType type, const std::string& ip, Version version,
                                       int attempt);

}  // namespace edgeroll::release
