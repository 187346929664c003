// A step in progress: the state, and all decisions about it so far. Internal to release/: step.cpp
// opens a draft, the other files of this folder work on it, step.cpp closes it.
#pragma once

#include <cstddef>
#include <optional>
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
    /// The node answers again, or runs no more.
    void end_silence(std::size_t position);
    void set_status(ReleaseStatus status);
    void set_batch_status(BatchStatus status);
    void set_last_error(std::string text);
    /// All pending rows, including rows that were never read, become skipped (deferred while
    /// catching up).
    void skip_all_pending(ReasonKind kind, const std::string& reason);
    /// Asks for a wake-up at that time; the earliest request wins.
    void wake(Instant at);
    /// Waits between batches until `until` (or until an operator continues).
    void stand(Hold hold, Instant until);
    /// The same, with a row in the history.
    void begin_hold(Hold hold, Instant until);
    /// Ends the hold; the pause up to now is not working time.
    void end_hold();
    /// From now on the present pause is not working time.
    void mark_pause();
    /// A row of the history, placed after the node changes so far.
    void note(std::string kind, std::vector<std::pair<std::string, std::string>> detail = {},
              std::optional<NodeId> node = std::nullopt);
    /// Keeps what a decision of this commit rests on.
    void prove(Evidence row);
    /// Asks for a full reading, once until it arrives.
    void read_again();
    /// Asks for a reading of the header and that batch, unless a full reading is asked for as well.
    void read_batch(int number);
    /// Gives the claim back after this step.
    void let_go(std::string reason, bool is_finished);
    /// Ends the release with that status and gives the claim back. A release that catches up ends
    /// as a success.
    void finish(ReleaseStatus status);
};

}  // namespace edgeroll::release
