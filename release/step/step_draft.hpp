// A step in the making: the state, and everything that was decided about it so far. Internal to
// release/: step.cpp opens a draft, the parts beside this file work on it, step.cpp closes it.
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
    void set_status(ReleaseStatus status);
    void set_batch_status(BatchStatus status);
    void set_last_error(std::string text);
    /// All pending rows, also those that nobody has read yet, become skipped (deferred while
    /// catching up).
    void skip_all_pending(ReasonKind kind, const std::string& reason);
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
    /// A row of the history, after the node changes that are there now.
    void note(std::string kind, std::vector<std::pair<std::string, std::string>> detail = {},
              std::optional<NodeId> node = std::nullopt);
    /// Asks for a full reading, once until it comes.
    void read_again();
    /// The header and that batch are enough, unless a full reading is asked for as well.
    void read_batch(int number);
    /// Gives the claim back after this step.
    void let_go(std::string reason, bool is_finished);
    /// The release ends with that status, and the claim is given back. A release that catches up
    /// ends as a success.
    void finish(ReleaseStatus status);
};

}  // namespace edgeroll::release
