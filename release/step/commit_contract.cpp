#include "release/step/commit_contract.hpp"

#include <cstddef>
#include <utility>

namespace edgeroll::release {
namespace {

Violation broken(std::string what) {
    return Violation{"step", std::move(what)};
}

// Any other change of the header would overwrite an operator's edit, or never be written.
std::optional<Violation> check_header(const Commit& commit, const Snapshot& seen) {
    if (seen.status != commit.release.status.value_or(commit.expected_status)) {
        return broken("the status has changed to " + std::string(to_text(seen.status)) +
                      " and is not written");
    }
    const Action action = commit.release.clears_action ? Action::none : commit.expected_action;
    if (seen.requested != action) return broken("requested_action has changed unwritten");
    if (seen.steer_seq != commit.expected_steer_seq) return broken("steer_seq has changed");
    return std::nullopt;
}

std::optional<Violation> check_places(const Commit& commit) {
    const std::size_t nodes = commit.nodes.size();
    if (commit.status_after > nodes) return broken("status_after is behind the last node");
    if (commit.batch_after > nodes) return broken("batch_after is behind the last node");
    if (commit.status_after > 0 && !commit.release.status) {
        return broken("status_after without a status");
    }
    if (commit.batch_after > 0 && !commit.release.current_batch) {
        return broken("batch_after without a batch");
    }
    std::size_t earlier = 0;
    for (const HistoryRow& row : commit.history) {
        if (row.after_nodes < earlier || row.after_nodes > nodes) {
            return broken("the history row " + row.kind + " is out of order");
        }
        earlier = row.after_nodes;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Violation> written_by_events(const Commit& commit) {
    if (commit.release.status) return broken("an event has written the status");
    if (commit.release.clears_action) return broken("an event has cleared requested_action");
    return std::nullopt;
}

std::optional<Violation> broken_promise(const Step& done) {
    auto found = check_header(done.commit, done.next.seen);
    return found ? found : check_places(done.commit);
}

}  // namespace edgeroll::release
