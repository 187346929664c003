#include "release/step/status_counts.hpp"

namespace edgeroll::release {

void count(StatusCounts& counts, NodeStatus status, int by) {
    switch (status) {
        case NodeStatus::pending:
            counts.pending += by;
            return;
        case NodeStatus::running:
            counts.running += by;
            return;
        case NodeStatus::success:
            counts.success += by;
            return;
        case NodeStatus::failed:
            counts.failed += by;
            return;
        case NodeStatus::skipped:
            counts.skipped += by;
            return;
        case NodeStatus::deferred:
            counts.deferred += by;
            return;
        case NodeStatus::cancelled:
            counts.cancelled += by;
            return;
    }
}

bool is_finished(const StatusCounts& counts) {
    return counts.pending == 0 && counts.running == 0;
}

}  // namespace edgeroll::release
