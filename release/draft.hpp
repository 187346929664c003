// A step in the making: the state, and everything that was decided about it so far. Internal to
// release/: step.cpp opens a draft, the rooms beside it work on it, step.cpp closes it.
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

    /// Moves a node to another status: memory, counters and the commit's row.
    NodeChange& change_node(std::size_t position, NodeStatus to);
    void set_status(ReleaseStatus status);
    void set_batch_status(BatchStatus status);
    void set_last_error(std::string text);
    void skip_all_pending(const std::string& reason);
    void note(std::string kind, std::vector<std::pair<std::string, std::string>> detail = {},
              std::optional<NodeId> node = std::nullopt);
    void read_again();
    void let_go(std::string reason, bool is_finished);
    void finish(ReleaseStatus status);
};

/// Counts a node in or out (`by` is 1 or -1).
void count(StatusCounts& counts, NodeStatus status, int by);

// observe.cpp: takes over what the database says.
void observe(Draft& draft, Snapshot snapshot);
// report.cpp: what agents said.
void attempted(Draft& draft, const Attempted& event);
void reported(Draft& draft, const Reported& event);
// advance.cpp: what follows from the state as it now is.
void advance(Draft& draft);
// steer.cpp: pause, continue and stop. True if nothing further may be started.
bool steer(Draft& draft, bool is_between_batches);
void carry_on_stopping(Draft& draft);
// dispatch.cpp: the nodes of the open batch.
void start_nodes(Draft& draft, BatchState& batch);

/// Index of the lowest batch with a pending or running node; batches.size() if all are finished.
[[nodiscard]] std::size_t lowest_unfinished(const Release& release);

}  // namespace edgeroll::release
