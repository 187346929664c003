// A step in the making: the state, and everything that was decided about it so far. Internal to
// release/: step.cpp opens a draft, the parts beside this file work on it, step.cpp closes it.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "release/commit.hpp"
#include "release/model.hpp"
#include "release/step.hpp"

namespace edgeroll::release {

struct Draft {
    Release& release;
    Instant now;
    Commit commit;
    std::vector<Effect> effects;
    bool is_full = false;  ///< more could be decided, but the commit has its 500 rows
    bool is_let_go = false;
    Instant wake_at = never;

    /// Moves a node to another status: memory, counters and the commit's row.
    NodeChange& change_node(std::size_t position, NodeStatus to);
    void set_status(ReleaseStatus status);
    void set_batch_status(BatchStatus status);
    void set_last_error(std::string text);
    void skip_all_pending(const std::string& reason);
    /// Asks for a wake-up at that time, or earlier if somebody asks for that.
    void wake(Instant at);
    /// Stands between batches until `until` (or until an operator says so).
    void stand(Hold hold, Instant until);
    /// The same, and says so in the history.
    void begin_hold(Hold hold, Instant until);
    /// Nothing holds it any more; the pause up to now is no working time.
    void end_hold();
    /// The present pause counts as no working time from now on.
    void mark_pause();
    void note(std::string kind, std::vector<std::pair<std::string, std::string>> detail = {},
              std::optional<NodeId> node = std::nullopt);
    void read_again();
    /// The header and that batch are enough, unless a full reading is asked for as well.
    void read_batch(int number);
    void let_go(std::string reason, bool is_finished);
    void finish(ReleaseStatus status);
};

/// Counts a node in or out (`by` is 1 or -1).
void count(StatusCounts& counts, NodeStatus status, int by);

// observation.cpp: takes over what the database says.
void observe(Draft& draft, Snapshot snapshot);
// observed_batch.cpp: the same of one batch; asks for all where that shows more than small news.
void observe_batch(Draft& draft, Snapshot snapshot);
// verdicts.cpp: what agents said.
void attempted(Draft& draft, const Attempted& event);
void reported(Draft& draft, const Reported& event);
// node_progress.cpp: how far running tasks are.
void progressed(Draft& draft, const Progressed& event);
/// Puts what is new into the commit, or asks for a wake-up to do so a little later.
void write_progress(Draft& draft);
/// The error of a running row: what is in the way now, and what is said of earlier attempts.
[[nodiscard]] std::string trouble_in(const std::string& error);
[[nodiscard]] std::string without_trouble(const std::string& error);
// advance.cpp: what follows from the state as it now is.
void advance(Draft& draft);
// conclusion.cpp: every batch is done within the limits; a batch of which nobody was tried.
void conclude(Draft& draft);
void note_unproven(Draft& draft);
// steering.cpp: pause, continue and stop.
void take_continue(Draft& draft);
void take_pause(Draft& draft, bool is_between_batches);
void carry_on_stopping(Draft& draft);
void cancel_running(Draft& draft);
// between_batches.cpp: whether the next batch may be opened now; otherwise says why not and until
// when.
bool may_open_next(Draft& draft);
void gate_heard(Draft& draft, const GateHeard& event);
// limit_exceeded.cpp: what comes of an exceeded limit.
struct Reason {
    std::string full;   ///< for the release
    std::string brief;  ///< for each of its skipped rows
};
void halt(Draft& draft, const Reason& reason);
void trip(Draft& draft, const Reason& reason);
/// True if a limit is exceeded: nothing further is started.
bool trip_if_exceeded(Draft& draft);
// start_nodes.cpp: the nodes of the open batch.
[[nodiscard]] StartConversation conversation_with(const NodeState& node);
void start_nodes(Draft& draft, BatchState& batch);
/// A further attempt after a failure, `pause` from now; the node stays `running`.
void try_again(Draft& draft, std::size_t position, const Verdict& verdict, Millis pause);
/// The same task under the next attempt's id, at once: the agent used the id for another release.
void take_next_id(Draft& draft, std::size_t position, const Verdict& verdict);

/// Once begun a stop cannot be undone, whatever somebody writes over it.
[[nodiscard]] bool is_stopping(const Release& release);

/// Position of a node that runs this very task; nothing for any other.
[[nodiscard]] std::optional<std::size_t> find_running(const Release& release, NodeId id,
                                                      const std::string& task_id);

/// Index of the lowest batch with a pending or running node; batches.size() if all are finished.
[[nodiscard]] std::size_t lowest_unfinished(const Release& release);

}  // namespace edgeroll::release
