#include "operator.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace edgeroll::sim {

using release::Action;
using release::NodeStatus;
using release::ReleaseStatus;

void Operator::note(const std::string& what) {
    trace_.note(timeline_.now(), "operator", what);
}

void Operator::interfere() {
    std::vector<release::ReleaseId> open;
    for (const auto& [id, release] : database_.releases()) {
        if (!release::is_final(release.status)) open.push_back(id);
    }
    if (!open.empty()) {
        ReleaseRow& release = database_.release_row(rng_.pick(open));
        steer(release);
        change_limits(release);
        edit_rows(release);
    }
    perhaps_retry();
    edit_nodes();
    look_after_reconciliation();
}

void Operator::look_after_reconciliation() {
    if (rng_.chance(0.05)) database_.continue_reconciliation();
    if (!faults_.happens(Fault::content_banned)) return;
    std::vector<const ReleaseRow*> successes;
    for (const auto& [id, row] : database_.releases()) {
        if (row.status == ReleaseStatus::success && row.finished_at) successes.push_back(&row);
    }
    if (successes.empty()) return;
    const ReleaseRow& row = *rng_.pick(successes);
    note("bans the content of " + name_of(row));
    database_.ban(row.content_sha256);
}

bool Operator::end_by_hand(ReleaseRow& release) {
    if (!faults_.happens(Fault::release_ended_by_hand)) return false;
    const auto status = rng_.pick(
        std::vector{ReleaseStatus::failed, ReleaseStatus::cancelled, ReleaseStatus::success});
    note("status of " + name_of(release) + " = " + std::string(release::to_text(status)));
    release.status = status;
    release.is_ended_by_hand = true;
    return true;
}

void Operator::steer(ReleaseRow& release) {
    if (end_by_hand(release)) return;
    if (release.requested == Action::stop) {
        // Has no effect once the stop has begun.
        if (!rng_.chance(0.2) || !faults_.happens(Fault::operator_continue)) return;
        note("continue " + name_of(release) + " over its stop");
        release.requested = Action::resume;
        return;
    }
    if (release.status == ReleaseStatus::running && faults_.happens(Fault::operator_pause_status)) {
        note("status of " + name_of(release) + " = paused");
        release.status = ReleaseStatus::paused;
        return;
    }
    const bool is_last_batch = release.current_batch >= release.total_batches;
    if (release.status == ReleaseStatus::running && !is_last_batch &&
        faults_.happens(Fault::operator_pause_action)) {
        note("pause " + name_of(release));
        release.requested = Action::pause;
        announce(release);
        return;
    }
    const bool is_paused =
        release.status == ReleaseStatus::paused || release.requested == Action::pause;
    if (is_paused && faults_.happens(Fault::operator_continue)) {
        if (release.status == ReleaseStatus::paused && rng_.chance(0.5)) {
            note("status of " + name_of(release) + " = running");
            release.status = ReleaseStatus::running;
        } else {
            note("continue " + name_of(release));
            release.requested = Action::resume;
            announce(release);
        }
        return;
    }
    if (release.current_batch > 0 && faults_.happens(Fault::operator_abort)) {
        note("abort " + name_of(release));
        if (database_.abort(release.id, timeline_.now())) batches_taken_up_ += 3 + 2;
        return;
    }
    if (faults_.happens(Fault::operator_stop)) {
        note("stop " + name_of(release));
        release.requested = Action::stop;
        announce(release);
    }
}

void Operator::cut_in(release::ReleaseId id) {
    if (!rng_.chance(0.6)) return;
    timeline_.after(Millis{rng_.between(0, 20)}, [this, id] {
        if (!database_.releases().contains(id)) return;
        ReleaseRow& release = database_.release_row(id);
        if (release.finished_at || release::is_final(release.status)) return;
        steer(release);
        // Possibly a row of this very commit, and another row replaces it.
        const bool has_rows = release.current_batch > 0 && !database_.rows(id).empty();
        if (has_rows && faults_.happens(Fault::row_deleted)) delete_row(release);
    });
}

void Operator::announce(ReleaseRow& release) {
    if (rng_.chance(0.5)) ++release.steer_seq;
}

// PATCH: max_parallel and max_parallel_per of a release, running or not.
void Operator::change_limits(ReleaseRow& release) {
    if (!faults_.happens(Fault::limits_changed)) return;
    note("other limits for " + name_of(release));
    release.policy.max_parallel = static_cast<int>(rng_.between(0, 4));
    release.policy.pools.clear();
    if (rng_.chance(0.5)) {
        release::PoolRule rule;
        rule.label = "region";
        rule.size = static_cast<int>(rng_.between(1, 3));
        release.policy.pools.push_back(std::move(rule));
    }
    ++release.steer_seq;
}

bool Operator::perhaps_retry() {
    const auto is_unfinished = [](const TaskRow& row) {
        return row.status == NodeStatus::failed || row.status == NodeStatus::skipped ||
               row.status == NodeStatus::deferred || row.status == NodeStatus::cancelled;
    };
    std::vector<release::ReleaseId> candidates;
    for (const auto& [id, release] : database_.releases()) {
        const auto& rows = database_.rows(id);
        const bool is_candidate =
            release.status == ReleaseStatus::failed || release.status == ReleaseStatus::success;
        if (is_candidate && std::any_of(rows.begin(), rows.end(), is_unfinished)) {
            candidates.push_back(id);
        }
    }
    if (candidates.empty()) return false;
    const release::ReleaseId id = rng_.pick(candidates);
    std::set<release::NodeId> named;
    if (rng_.chance(0.7)) {
        for (const TaskRow& row : database_.rows(id)) {
            if (is_unfinished(row) && rng_.chance(0.5)) named.insert(row.node);
        }
    }
    const bool catches_up =
        database_.release_row(id).status == ReleaseStatus::success && rng_.chance(0.6);
    if (!rng_.chance(faults_.rate(Fault::retry_by_hand)) ||
        !database_.retry(id, named, catches_up)) {
        return false;
    }
    faults_.count(Fault::retry_by_hand);
    std::set<int> batches;
    for (const TaskRow& row : database_.rows(id))
        batches.insert(row.batch);
    batches_taken_up_ += static_cast<int>(batches.size()) + 2;
    return true;
}

void Operator::edit_rows(ReleaseRow& release) {
    const auto& rows = database_.rows(release.id);
    if (rows.empty()) return;
    const TaskRow row = rows[rng_.below(rows.size())];
    const bool is_open = !release::is_final(row.status);
    const std::string name = "node " + std::to_string(row.node.value) + " of " + name_of(release);
    if (is_open && faults_.happens(Fault::row_failed_by_hand)) {
        note(name + " = failed");
        const bool is_deferral = row.status == NodeStatus::pending && rng_.chance(0.2);
        database_.set_row_by_hand(release.id, row.node,
                                  is_deferral ? NodeStatus::deferred : NodeStatus::failed,
                                  timeline_.now());
    } else if (is_open && faults_.happens(Fault::row_success_by_hand)) {
        note(name + " = success");
        database_.set_row_by_hand(release.id, row.node, NodeStatus::success, timeline_.now());
    }
    if (release.claim_epoch.value == 0) return;
    // An unstarted release without its rows waits for them, as it should.
    if (release.current_batch > 0 && faults_.happens(Fault::row_deleted)) delete_row(release);
    if (faults_.happens(Fault::row_added_late)) add_row(release);
}

int Operator::draw_batch(const std::vector<TaskRow>& rows) {
    constexpr int huge = std::numeric_limits<int>::max();
    const int some = rows.empty() ? 1 : rows[rng_.below(rows.size())].batch;
    return rng_.pick(
        std::vector{some, some, some == huge ? some : some + 1, some - 1, 0, -7, huge});
}

void Operator::add_row(ReleaseRow& release) {
    const auto& rows = database_.rows(release.id);
    for (const auto& [id, node] : database_.inventory()) {
        bool has_it = false;
        for (const TaskRow& other : rows)
            has_it = has_it || other.node == id;
        if (has_it) continue;
        release::PlannedNode added;
        added.node = id;
        added.batch = draw_batch(rows);
        // Before the start such a number makes the release impossible, as it should.
        if (release.current_batch == 0) added.batch = std::max(added.batch, 1);
        note("adds node " + std::to_string(id.value) + " to " + name_of(release) + " in batch " +
             std::to_string(added.batch));
        database_.insert_rows(release.id, {added});
        return;
    }
}

// Deletes one row, or a whole batch; it may come back later, possibly in another batch.
void Operator::delete_row(ReleaseRow& release) {
    const auto& rows = database_.rows(release.id);
    const TaskRow first = rows[rng_.below(rows.size())];
    const bool is_whole_batch = rng_.chance(0.5);
    std::vector<release::PlannedNode> gone;
    for (const TaskRow& row : rows) {
        if (row.node != first.node && !(is_whole_batch && row.batch == first.batch)) continue;
        gone.push_back(release::PlannedNode{row.node, row.batch});
    }
    for (release::PlannedNode& row : gone) {
        note("deletes node " + std::to_string(row.node.value) + " of " + name_of(release));
        database_.delete_row(release.id, row.node);
        if (!faults_.happens(Fault::row_added_again)) continue;
        note("and adds it again");
        if (rng_.chance(0.3) && release.current_batch > 0) row.batch = draw_batch(rows);
        database_.insert_rows(release.id, {row});
    }
}

void Operator::edit_nodes() {
    auto& inventory = database_.inventory();
    if (inventory.empty()) return;
    auto found = inventory.begin();
    std::advance(found, static_cast<std::ptrdiff_t>(rng_.below(inventory.size())));
    InventoryRow& node = found->second;
    const std::string name = "node " + std::to_string(node.id.value);
    if (faults_.happens(Fault::node_disabled)) {
        node.is_enabled = !node.is_enabled;
        node.was_unavailable = true;
        note(name + (node.is_enabled ? " enabled" : " disabled"));
    }
    if (faults_.happens(Fault::node_in_maintenance)) {
        node.is_in_maintenance = !node.is_in_maintenance;
        node.is_online = !node.is_in_maintenance || node.is_online;  // one column has both words
        if (!node.is_in_maintenance) node.is_offline_by_hand = false;
        node.was_unavailable = true;
        note(name + (node.is_in_maintenance ? " in maintenance" : " out of maintenance"));
    }
    if (!node.is_in_maintenance && faults_.happens(Fault::node_offline_by_hand)) {
        node.is_online = !node.is_online;
        node.was_unavailable = true;
        // Over a heartbeat's mark nobody can tell (docs/contract.md 6.12).
        node.is_offline_by_hand = !node.is_online && !node.has_mark;
        note(name + (node.is_online ? " online" : " offline"));
    }
    if (faults_.happens(Fault::node_deleted)) {
        note(name + " deleted");
        inventory.erase(found);
    }
}

void Operator::settle() {
    for (const auto& [id, seen] : database_.releases()) {
        if (release::is_final(seen.status) || seen.requested == Action::stop) continue;
        const bool is_paused =
            seen.status == ReleaseStatus::paused || seen.requested == Action::pause;
        if (!is_paused) continue;
        ReleaseRow& release = database_.release_row(id);
        note("continue " + name_of(release));
        release.requested = Action::resume;
    }
}

}  // namespace edgeroll::sim
