// Reconciliation as control/store/fleet does it: what nodes are owed, and taking them up.
#include <algorithm>

#include "release/fleet/drift.hpp"
#include "release/mutant.hpp"
#include "release/plan.hpp"
#include "release/windows.hpp"
#include "release/word_list.hpp"
#include "sim_database.hpp"
#include "tests/support/write_tables.hpp"

namespace edgeroll::sim {

using namespace release;

namespace {

constexpr release::Millis a_minute{60'000}, an_hour{3'600'000}, a_day{86'400'000};

bool is_meant(const TaskRow& row) {
    return row.status != NodeStatus::cancelled &&
           (row.status != NodeStatus::skipped || row.reason != ReasonKind::added_late);
}

bool has_end(const SimDatabase::Served& one) {
    return one.outcome == "success" || one.outcome == "failed";
}

}  // namespace

std::optional<SimDatabase::Wanted> SimDatabase::wanted(const InventoryRow& node) const {
    std::vector<const ReleaseRow*> newest;
    for (const auto& [id, row] : releases_) {
        const bool is_success = row.status == ReleaseStatus::success ||
                                (row.catches_up && !row.finished_at && !is_final(row.status));
        const bool has_content = !row.content_sha256.empty() && row.content_sha256 != "reload";
        if (is_success && has_content) newest.push_back(&row);
    }
    std::ranges::sort(newest, std::ranges::greater{},
                      [](const ReleaseRow* row) { return row->version; });
    for (const ReleaseRow* row : newest) {
        const auto& rows = rows_.at(row->id);
        const auto mine = std::ranges::find(rows, node.id, &TaskRow::node);
        if (mine != rows.end()) {
            if (!is_meant(*mine)) continue;
            Wanted found{row, &*mine, row->content_sha256};
            if (row->content_sha256 == mixed_mark) {
                const auto content = contents_.find(mine->config_version.value_or(row->version));
                if (content == contents_.end()) return std::nullopt;
                found.sha256 = digest_(content->second);
            }
            return found;
        }
        const bool takes_more = row->is_planned && !row->rolls_back && !is_rolled_back(row->id);
        if (takes_more && node.is_enabled &&
            has_labels({node.id, node.address.labels}, row->policy.selector)) {
            return Wanted{row, nullptr, row->content_sha256};
        }
    }
    return std::nullopt;
}

DriftKind SimDatabase::drift(const InventoryRow& node, const Wanted& wanted) const {
    const DriftKind kind =
        drift_of(wanted.sha256, {node.applied_version, node.applied_sha256, node.observed, ""});
    const bool is_being_released = std::ranges::any_of(releases_, [&](const auto& entry) {
        const auto version = std::optional(entry.second.version);
        return !is_over(entry.second, rows_.at(entry.first)) &&
               (version == node.applied_version || version == node.observed.version);
    });
    return kind == DriftKind::behind && is_being_released ? DriftKind::none : kind;
}

bool SimDatabase::is_held(NodeId node, ReleaseId by_others_than) const {
    return std::ranges::any_of(releases_, [&](const auto& entry) {
        if (entry.second.finished_at || entry.first == by_others_than) return false;
        return std::ranges::any_of(rows_.at(entry.first), [&](const TaskRow& row) {
            return row.node == node &&
                   (row.status == NodeStatus::pending || row.status == NodeStatus::running);
        });
    });
}

bool SimDatabase::is_banned(const ReleaseRow& row) const {
    const auto is_one = [&](Version version) {
        const auto content = contents_.find(version);
        return content != contents_.end() && bans_.contains(digest_(content->second));
    };
    return bans_.contains(row.content_sha256) || is_one(row.version) ||
           std::ranges::any_of(rows_.at(row.id), [&](const TaskRow& task) {
               return task.config_version && is_one(*task.config_version);
           });
}

ReconcilePace SimDatabase::pace(Instant now) const {
    ReconcilePace pace;
    for (const Served& one : served_) {
        if (!one.ended_at) ++pace.open;
        if (now - one.taken_at < a_minute) {
            ++pace.taken;
            pace.until_less = std::max(pace.until_less, Millis{0});
        }
        if (one.outcome == "success") pace.failures = 0;
        if (one.outcome == "failed" && !one.is_continued) ++pace.failures;
    }
    return pace;
}

bool SimDatabase::is_proven_of_late(ReleaseId id, Instant now) const {
    for (auto one = served_.rbegin(); one != served_.rend(); ++one) {
        const bool counts = one->release == id && one->ended_at && has_end(*one);
        if (counts && now - *one->ended_at < an_hour) return one->outcome == "success";
    }
    return false;
}

void SimDatabase::add_past(OwedNode& node, Instant now) const {
    node.ended = node.put_off = 0;
    node.is_open = false;
    for (const Served& one : served_) {
        if (one.node == node.node && !one.ended_at) node.is_open = true;
        const bool counts = one.node == node.node && one.ended_at && !one.is_continued;
        if (!counts || now - *one.ended_at >= a_day) continue;
        ++(has_end(one) ? node.ended : node.put_off);
        (has_end(one) ? node.since_ended : node.since_put_off) = now - *one.ended_at;
    }
}

control::ReconcileProgress SimDatabase::reconcile_progress(Instant now) {
    control::ReconcileProgress progress;
    for (Served& one : served_) {
        if (one.ended_at) continue;
        const auto row = releases_.find(one.release);
        const TaskRow* task = nullptr;
        if (row != releases_.end()) {
            for (const TaskRow& each : rows_.at(one.release))
                if (each.node == one.node) task = &each;
        }
        const bool is_open = task != nullptr && !is_final(task->status);
        if (is_open && !row->second.finished_at) continue;
        one.outcome = "given_up";
        if (task != nullptr &&
            (task->status == NodeStatus::success || task->status == NodeStatus::failed ||
             task->status == NodeStatus::deferred)) {
            one.outcome = std::string(to_text(task->status));
        }
        one.ended_at = now;
        progress.ended.push_back({one.release, one.node, "", one.cause, one.outcome, ""});
    }
    progress.pace = pace(now);
    return progress;
}

control::OwedNodes SimDatabase::owed(Instant now) const {
    control::OwedNodes owed;
    owed.pace = pace(now);
    std::map<ReleaseId, OwedRelease> releases;
    for (const auto& [id, node] : inventory_) {
        const bool is_seen = node.observed.content != ObservedContent::none;
        if (!node.is_enabled || node.is_in_maintenance || !node.is_online || !is_seen) continue;
        const auto want = wanted(node);
        if (!want) continue;
        const DriftKind kind = drift(node, *want);
        const HeldContent held =
            held_content({node.applied_version, node.applied_sha256}, node.observed);
        if (!is_within_reach(want->release->version, kind, held)) continue;
        std::optional<OwedRow> row;
        if (want->row != nullptr) {
            std::optional<OwedCause> tried_again;
            for (const Served& one : served_) {
                if (one.node != id || one.release != want->release->id) continue;
                tried_again = one.is_continued ? std::optional(one.cause) : std::nullopt;
            }
            row = OwedRow{want->row->status,
                          want->row->reason == ReasonKind::disabled ||
                              want->row->reason == ReasonKind::maintenance,
                          tried_again};
        }
        const auto cause = cause_of(kind, row);
        if (!cause) continue;
        OwedNode one;
        one.node = id;
        one.name = node.address.name;
        one.cause = *cause;
        one.batch = want->row != nullptr ? want->row->batch : 0;
        one.can_repair = has_word(node.observed.capabilities, "repair");
        one.is_held = is_held(id, want->release->id);
        add_past(one, now);
        OwedRelease& release = releases[want->release->id];
        release.id = want->release->id;
        release.nodes.push_back(std::move(one));
        owed.addresses.emplace_back(id, node.address);
    }
    for (auto& [id, release] : releases) {
        const ReleaseRow& row = releases_.at(id);
        release.version = row.version;
        release.is_under_way = !row.finished_at;
        release.is_banned = is_banned(row) || is_rolled_back(id);
        const auto content = contents_.find(row.version);
        release.has_content =
            row.content_sha256 == mixed_mark ||
            (content != contents_.end() && digest_(content->second) == row.content_sha256);
        const bool waits = is_overtaken(row) || !blockers(row, rows_.at(id)).empty();
        if (waits) release.waits_for = row.id;
        release.until_window = until_open(row.policy.windows, now.time_since_epoch().count());
        release.is_proven = is_proven_of_late(id, now);
        std::ranges::sort(release.nodes, {},
                          [](const OwedNode& one) { return std::pair(one.batch, one.node); });
        owed.releases.push_back(std::move(release));
    }
    return owed;
}

control::TakenUp SimDatabase::take_up_owed(const ReconcileRules& rules, ReconcileRound round,
                                           Instant now) {
    control::TakenUp taken;
    const auto found = releases_.find(round.release);
    if (!serves_nodes || found == releases_.end()) return taken;
    std::erase_if(round.nodes, [&](OwedNode& node) {
        add_past(node, now);
        const auto member = inventory_.find(node.node);
        const bool is_busy = node.is_open || reconcile_pause(node) > Millis{0};
        if (member == inventory_.end() || is_busy) return true;
        const auto want = wanted(member->second);
        return !want || want->release->id != round.release ||
               drift(member->second, *want) == DriftKind::none;
    });
    const auto room = static_cast<std::size_t>(
        reconcile_room(rules, pace(now), is_proven_of_late(round.release, now)));
    if (round.nodes.size() > room) round.nodes.resize(room);
    if (round.nodes.empty()) return taken;
    const bool may = has_mutant(Mutant::reconciles_banned) || !is_banned(found->second);
    if (!may ||
        until_open(found->second.policy.windows, now.time_since_epoch().count()) > Millis{0}) {
        return taken;
    }
    for (const OwedNode& node : round.nodes) {
        const bool is_free =
            has_mutant(Mutant::reconciles_held) || !is_held(node.node, round.release);
        if (!is_free) return taken;
    }
    std::vector<TaskRow>& rows = rows_.at(round.release);
    const bool is_blocked =
        is_rolled_back(round.release) ||
        (!has_mutant(Mutant::reconciles_held) && !blockers(found->second, rows).empty());
    if (is_blocked) return taken;
    const std::vector<TaskRow> before = rows;
    std::set<NodeId> named;
    for (const OwedNode& node : round.nodes) {
        named.insert(node.node);
        const bool is_there = std::ranges::find(rows, node.node, &TaskRow::node) != rows.end();
        if (is_there || node.cause != OwedCause::joined) continue;
        test::add_row(PlannedNode{node.node, 0}, rows, next_row_id_);
        rows.back().is_joined = true;
        rows.back().status = NodeStatus::skipped;
    }
    if (!retry(round.release, named, RetryBy::reconciliation)) {
        rows = before;
        return taken;
    }
    for (const OwedNode& node : round.nodes) {
        served_.push_back({round.release, node.node, node.cause, now, std::nullopt, "", false});
        taken.nodes.push_back(node.node);
    }
    if (witness_ != nullptr)
        witness_->reconciled(rules, found->second, taken.nodes, is_banned(found->second));
    return taken;
}

void SimDatabase::continue_reconciliation() {
    for (Served& one : served_) {
        if (one.outcome == "failed") one.is_continued = true;
    }
}

}  // namespace edgeroll::sim
