// What holds over a whole run: T3, where every node ends, and T4, how soon a way back has reached
// every node that can be reached.
#include <algorithm>

#include "release/step/first_look.hpp"
#include "witness.hpp"

namespace edgeroll::sim {

using release::FailureKind;
using release::NodeStatus;

namespace {

std::string text_of(const std::optional<release::Version>& version) {
    return version ? "version " + std::to_string(version->value) : std::string("no version");
}

// The agent said that it put back what it had before: it cannot have the content by this row.
bool has_gone_back(const TaskRow& row) {
    return row.failure == FailureKind::exec_failed && row.attempt <= 1;
}

}  // namespace

// T3. Rows that a person wrote, and tasks that arrive after their sender gave up, prove nothing.
void Witness::check_lives() {
    for (const auto& [node, life] : lives_) {
        bool is_known = !life.version || has_deleted_releases_ || lost_rows_.contains(node);
        std::optional<release::Version> due;
        std::string by;
        for (const auto& [id, release] : database_->releases()) {
            for (const TaskRow& row : database_->rows(id)) {
                if (row.node != node) continue;
                const bool is_sure = !row.hand_changed_at && !late_.contains(row.task_id);
                if (life.version == release.version && !(is_sure && has_gone_back(row)))
                    is_known = true;
                const bool is_content = release.content_sha256 != release::reload_only_mark;
                const bool is_success = row.status == NodeStatus::success && is_sure &&
                                        row.started_at && *row.started_at > life.wiped_at;
                if (!is_success || !is_content || (due && *due > release.version)) continue;
                due = release.version;
                by = name_of(release);
            }
        }
        const std::string what =
            "node " + std::to_string(node.value) + " ends with " + text_of(life.version);
        if (!is_known) {
            violated("T3", what + ", which no row of it explains");
        }
        if (due && (!life.version || *life.version < *due)) {
            violated("T3", what + ", and is a success of " + by + " with " + text_of(due));
        }
    }
}

// T4. Beside the first look: the claim, the commits and the network of the simulation. A node that
// still ran the release undone is sent the way back after its last word there.
void Witness::check_fast_return(const SimNode& node, const Intent& intent) {
    constexpr Millis most = release::first_look_patience + Millis{10'000};
    const auto made = way_back_since_.find(intent.release);
    if (!expects_fast_return || made == way_back_since_.end()) return;
    const ReleaseRow& release = database_->releases().at(intent.release);
    if (release.policy.max_parallel > 0 || !release.policy.pools.empty()) return;
    Instant since = made->second;
    for (const TaskRow& row : database_->rows(release.rolls_back.value())) {
        if (row.node == node.id() && row.finished_at) since = std::max(since, *row.finished_at);
    }
    const Millis took = timeline_.now() - since;
    if (took <= most || node.away_until >= since) return;
    violated("T4", node.name() + " was reachable and got " + name_of(release) + " only " +
                       std::to_string(took.count()) + " ms after it could");
}

}  // namespace edgeroll::sim
