// docs/contract.md section 8, as far as the state of one release can show it.
#include "release/limits.hpp"
#include "release/step.hpp"
#include "release/step/pools.hpp"
#include "release/step/status_counts.hpp"

namespace edgeroll::release {
namespace {

bool is_legal(NodeStatus from, NodeStatus to) {
    if (from == NodeStatus::pending) return to != NodeStatus::pending;
    // A change from running to running is a further attempt.
    return from == NodeStatus::running && to != NodeStatus::pending;
}

// Pending nodes in the batch's queues.
int queued(const BatchState& batch, const Release& release) {
    int count = 0;
    for (const LaneQueue& queue : batch.queues) {
        for (std::size_t i = queue.next; i < queue.positions.size(); ++i) {
            if (release.nodes[queue.positions[i]].row.status == NodeStatus::pending) ++count;
        }
    }
    return count;
}

std::optional<Violation> check_end(const Release& release) {
    const Snapshot& seen = release.seen;
    if (!is_final(seen.status)) return std::nullopt;
    if (release.counts.pending > 0 || release.counts.running > 0) {
        return Violation{"I5", "a finished release has " + std::to_string(release.counts.pending) +
                                   " pending and " + std::to_string(release.counts.running) +
                                   " running nodes"};
    }
    // A success that catches up was checked when it succeeded.
    if (seen.status != ReleaseStatus::success || seen.catches_up) return std::nullopt;
    if (const auto limit = exceeded_limit(release)) return Violation{"I6", *limit};
    if (const int missed = left_out(release) + left_out_failures(release); missed > 0) {
        return Violation{"I6",
                         "a success has " + std::to_string(missed) + " nodes that were left out"};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Violation> check(const Step& done) {
    if (done.broken) return done.broken;
    const Release& release = done.next;
    bool has_intent = false;
    for (const NodeChange& change : done.commit.nodes) {
        const std::string node = "node " + std::to_string(change.node.value);
        if (!is_legal(change.from, change.to)) {
            return Violation{"I5", node + " would go from " + std::string(to_text(change.from)) +
                                       " to " + std::string(to_text(change.to))};
        }
        if (change.to != NodeStatus::running || change.from == NodeStatus::running) continue;
        has_intent = true;
        const auto position = find_node(release, change.node);
        if (!position) return Violation{"I1", node + " is not in the release"};
        if (!is_within(release, release.nodes[*position].group)) {
            return Violation{"I9", node + " would run beside more nodes than may run at once"};
        }
        if (*position >= release.members) return Violation{"I1", node + " came after the start"};
        const int batch = release.nodes[*position].row.batch;
        if (batch > release.seen.started_batch.value_or(0)) {
            return Violation{"I1", node + " of batch " + std::to_string(batch) +
                                       " would be dispatched before its batch was started"};
        }
        // The batches before are known to be finished: check_all checks them.
        for (std::size_t i = release.finished_batches; i < release.batches.size(); ++i) {
            const BatchState& earlier = release.batches[i];
            if (earlier.number >= batch) break;
            const bool is_running = earlier.counts.running > 0 && !release.is_look_over;
            if (earlier.counts.pending > 0 || is_running) {
                return Violation{"I1", node + " of batch " + std::to_string(batch) +
                                           " would be dispatched while batch " +
                                           std::to_string(earlier.number) + " is unfinished"};
            }
        }
        if (batch > 0 && release.seen.status != ReleaseStatus::running) {
            return Violation{"I1", node + " would be dispatched while the release is " +
                                       std::string(to_text(release.seen.status))};
        }
    }
    // Nodes that were refused in the same step may exceed the limit after an intent; the earlier
    // intents stand. An intent is forbidden only if the limit was exceeded before the step.
    if (has_intent && done.commit.skip_pending && release.counts.running == 0) {
        return Violation{"I1", "a node would be dispatched and forgotten"};
    }
    // Only edgeroll's own end is checked: an end that an operator wrote is accepted.
    return done.commit.release.status ? check_end(release) : std::nullopt;
}

std::optional<Violation> check_all(const Release& release) {
    if (!release.is_observed) return std::nullopt;
    StatusCounts total;
    int starting = 0;
    for (std::size_t i = 0; i < release.finished_batches; ++i) {
        const StatusCounts& counts = release.batches[i].counts;
        if (counts.pending == 0 && counts.running == 0) continue;
        return Violation{"I1", "batch " + std::to_string(release.batches[i].number) +
                                   " is passed over and not finished"};
    }
    for (const BatchState& batch : release.batches) {
        StatusCounts counts;
        for (std::size_t i = batch.begin; i < batch.end; ++i) {
            const NodeState& node = release.nodes[i];
            count(counts, node.row.status, +1);
            count(total, node.row.status, +1);
            if (node.is_starting) ++starting;
            if (node.is_starting && node.row.status != NodeStatus::running) {
                return Violation{"I1", "a node that does not run holds a place at the start"};
            }
        }
        if (queued(batch, release) != counts.pending) {
            return Violation{"I7", "a pending node would never have its turn"};
        }
        if (!(counts == batch.counts)) {
            return Violation{"I4", "the counters of batch " + std::to_string(batch.number) +
                                       " differ from its rows"};
        }
    }
    if (!(total == release.counts) || starting != release.starting) {
        return Violation{"I4", "the release's counters differ from its rows"};
    }
    return std::nullopt;
}

}  // namespace edgeroll::release
