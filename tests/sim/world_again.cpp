// Pipelines delete freely, and databases are restored: a release is deleted, and its version comes
// again with the same or other content, under the same id or another. Agents remember the first
// one.
#include <algorithm>

#include "world.hpp"

namespace edgeroll::sim {

using release::PlannedNode;

namespace {

/// More would only make runs longer.
constexpr int made_again_most = 6;

}  // namespace

bool World::may_be_made_again(const ReleaseRow& row) const {
    const auto& rows = database_.rows(row.id);
    // Excludes releases with rows still to come, and releases that others refer to: an undone
    // release and its rollback.
    if (row.rolls_back || static_cast<int>(rows.size()) < row.total_nodes) return false;
    if (server_.is_locked(row.id)) return false;  // a deletion waits for a writer
    return std::none_of(
        database_.releases().begin(), database_.releases().end(), [&](const auto& entry) {
            const auto& others = database_.rows(entry.first);
            const bool names_content =
                !entry.second.finished_at &&
                std::any_of(others.begin(), others.end(), [&](const TaskRow& other) {
                    return other.config_version == row.version;
                });
            return names_content || entry.second.rolls_back == row.id;
        });
}

void World::perhaps_make_again() {
    if (made_again_ == made_again_most || !faults_.happens(Fault::release_made_again)) return;
    std::vector<release::ReleaseId> candidates;
    for (const auto& [id, row] : database_.releases()) {
        if (may_be_made_again(row)) candidates.push_back(id);
    }
    if (!candidates.empty()) make_again(rng_.pick(candidates));
}

void World::make_again(release::ReleaseId id) {
    const Instant now = timeline_.now();
    const ReleaseRow old = database_.releases().at(id);
    std::vector<PlannedNode> rows;
    std::set<int> batches;
    const bool forgets_applied = rng_.chance(0.5);
    for (const TaskRow& row : database_.rows(id)) {
        if (row.is_late) continue;
        PlannedNode planned;
        planned.node = row.node;
        planned.batch = row.batch;
        rows.push_back(planned);
        batches.insert(row.batch);
        const auto node = database_.inventory().find(row.node);
        if (!forgets_applied || node == database_.inventory().end()) continue;
        node->second.applied_version.reset();
        node->second.observed.content = release::ObservedContent::none;
        node->second.applied_config_version.reset();
        node->second.applied_sha256.clear();
    }
    witness_.deleted(id);
    database_.delete_release(id);
    ++made_again_;

    ReleaseRow fresh;
    fresh.id = rng_.chance(0.5) ? id : release::ReleaseId{1'000 + made_again_};
    // A rollback may have this id by now: a database gives no id twice.
    while (database_.releases().contains(fresh.id))
        ++fresh.id.value;
    fresh.version = old.version;
    fresh.policy = old.policy;
    fresh.total_nodes = static_cast<int>(rows.size());
    fresh.has_batch_config = rows.empty() && old.has_batch_config;
    if (!rows.empty()) fresh.policy.sizes.clear();
    const double content = rng_.fraction();
    if (content < 0.5) {
        database_.insert_content(fresh.version,
                                 R"({"files":[],"again":)" + std::to_string(made_again_) + "}");
    }
    batches_ += static_cast<int>(batches.size()) + (rows.empty() ? plan_.nodes : 2) + 5;
    trace_.note(now, "pipeline",
                "deletes release " + std::to_string(id.value) + " and inserts version " +
                    std::to_string(fresh.version.value) + " again as release " +
                    std::to_string(fresh.id.value) + (content < 0.5 ? ", mended" : ""));
    database_.insert_release(std::move(fresh), rows, now);
}

}  // namespace edgeroll::sim
