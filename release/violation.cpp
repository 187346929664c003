#include "release/violation.hpp"

#include <utility>

namespace edgeroll::release {

Commit violation_pause(const Violation& violation, const Commit& refused) {
    Commit pause;
    pause.expected_status = refused.expected_status;
    pause.expected_action = refused.expected_action;
    pause.expected_steer_seq = refused.expected_steer_seq;
    pause.release.status = ReleaseStatus::paused;
    pause.release.batch_status = BatchStatus::paused;
    pause.release.hold = Hold::violation;
    pause.release.last_error = "invariant " + violation.invariant + ": " + violation.detail;
    HistoryRow row;
    row.kind = "violation";
    row.detail.emplace_back("invariant", violation.invariant);
    row.detail.emplace_back("detail", violation.detail);
    pause.history.push_back(std::move(row));
    return pause;
}

}  // namespace edgeroll::release
