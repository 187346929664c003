// The database in memory: implements the Store of control/core/ports.hpp, synchronously and with
// time as a parameter, so that the same script runs against this and the real stores
// (tests/differential). It is as strict as those: a commit that is not fenced by its epoch goes
// through even if its sender has long given up on it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/core/heartbeats.hpp"
#include "control/core/ports.hpp"
#include "control/core/reconciler.hpp"
#include "release/missing_rows.hpp"
#include "release/retry.hpp"
#include "tests/support/tables.hpp"

namespace edgeroll::sim {

using test::InventoryRow;
using test::ReleaseRow;
using test::TaskRow;

/// Is told of every change at the moment of its commit. Must not change anything.
class DatabaseWitness {
  public:
    virtual ~DatabaseWitness() = default;
    virtual void claimed(const ReleaseRow& before, const ReleaseRow& after) = 0;
    virtual void committed(const control::Claim& claim, const ReleaseRow& before,
                           const std::vector<TaskRow>& rows_before, const ReleaseRow& after,
                           const std::vector<TaskRow>& rows) = 0;
    /// An operator retried nodes of a finished release.
    virtual void retried(const ReleaseRow& /*before*/, const std::vector<TaskRow>& /*rows_before*/,
                         const ReleaseRow& /*after*/, const std::vector<TaskRow>& /*rows*/) {}
    /// The row was deleted, whatever its node was doing.
    virtual void row_deleted(release::ReleaseId /*of*/, const TaskRow& /*row*/) {}
    /// A heartbeat of this process writes a mark into the row.
    virtual void marked(const std::string& /*owner*/, const InventoryRow& /*before*/,
                        release::Sighting::Mark /*mark*/) {}
    /// Reconciliation took up these nodes of the release, which has begun anew.
    virtual void reconciled(const release::ReconcileRules& /*rules*/, const ReleaseRow& /*after*/,
                            const std::vector<release::NodeId>& /*nodes*/, bool /*is_banned*/) {}
    /// A release that undoes another release was created.
    virtual void rolled_back(const ReleaseRow& /*undone*/,
                             const std::vector<TaskRow>& /*undone_rows*/,
                             const ReleaseRow& /*made*/, const std::vector<TaskRow>& /*rows*/) {}
};

/// Stands for the content digest of docs/contract.md section 5: same text, same digest.
[[nodiscard]] std::string sim_digest(const std::string& payload);

class SimDatabase {
  public:
    using Instant = release::Instant;
    using Millis = release::Millis;
    using Digest = std::string (*)(const std::string& payload);

    explicit SimDatabase(Millis lease, DatabaseWitness* witness = nullptr,
                         Digest digest = sim_digest)
        : lease_(lease), witness_(witness), digest_(digest) {}

    // ---- calls of a control process (control::Store) ----
    std::vector<control::Candidate> claimable(int limit, int resting, Instant now);
    std::optional<release::Epoch> claim(const std::string& owner, release::ReleaseId id,
                                        const std::string& order_id, Instant now);
    bool renew(const control::Claim& claim, Instant now);
    void give_back(const control::Claim& claim, Instant now);
    [[nodiscard]] std::vector<control::Mark> marks(const std::string& owner, Instant now) const;
    std::optional<release::Snapshot> read(const control::Claim& claim, Instant now,
                                          std::optional<int> part = std::nullopt);
    control::Committed commit(const control::Claim& claim, const release::Commit& commit,
                              Instant now);
    void record(const control::Claim& claim, const release::HistoryRow& row);
    [[nodiscard]] std::optional<std::string> payload(release::Version version) const;

    // ---- calls of its heartbeats (control::FleetStore) ----
    control::Membership join(const std::string& name, Millis lease, Instant now);
    void leave(const std::string& name) { members_.erase(name); }
    [[nodiscard]] std::vector<std::string> members(Instant now) const;
    [[nodiscard]] std::vector<release::WatchedNode> watched_nodes(Instant now) const;
    std::vector<release::WatchedNode> write_sightings(
        const std::string& owner, const std::vector<release::Sighting>& sightings, Instant now);

    // ---- calls of its reconciliation (control::ReconcileStore) ----
    control::ReconcileProgress reconcile_progress(Instant now);
    [[nodiscard]] control::OwedNodes owed(Instant now) const;
    control::TakenUp take_up_owed(const release::ReconcileRules& rules,
                                  release::ReconcileRound round, Instant now);
    /// An operator forgives the failures.
    void continue_reconciliation();
    void ban(const std::string& sha256) { bans_.insert(sha256); }
    /// False: nothing is taken up any more.
    bool serves_nodes = true;
    /// A row of reconcile_nodes.
    struct Served {
        release::ReleaseId release;
        release::NodeId node;
        release::OwedCause cause;
        Instant taken_at;
        std::optional<Instant> ended_at;
        std::string outcome;
        bool is_continued = false;
    };
    [[nodiscard]] const std::vector<Served>& served() const { return served_; }

    // ---- edits of pipelines and operators with plain SQL ----
    void insert_node(InventoryRow node);
    void insert_content(release::Version version, std::string payload);
    void insert_release(ReleaseRow row, const std::vector<release::PlannedNode>& nodes,
                        Instant now);
    void insert_rows(release::ReleaseId id, const std::vector<release::PlannedNode>& nodes);
    void set_row_by_hand(release::ReleaseId id, release::NodeId node, release::NodeStatus status,
                         Instant now);
    void delete_row(release::ReleaseId id, release::NodeId node);
    void delete_release(release::ReleaseId id);
    /// The API's retry (docs/contract.md section 6). False: refused.
    /// @param named if empty, all rows that can be retried
    /// @param catches_up edgeroll's own retry of deferred nodes: their failures are waived
    bool retry(release::ReleaseId id, const std::set<release::NodeId>& named,
               bool catches_up = false);
    bool retry(release::ReleaseId id, const std::set<release::NodeId>& named, release::RetryBy by);
    /// The API's rollback with abort, of an unfinished release. False: refused.
    bool abort(release::ReleaseId id, Instant now);
    ReleaseRow& release_row(release::ReleaseId id) { return releases_.at(id); }
    test::Inventory& inventory() { return inventory_; }
    [[nodiscard]] const test::Inventory& inventory() const { return inventory_; }

    [[nodiscard]] const std::map<release::ReleaseId, ReleaseRow>& releases() const {
        return releases_;
    }
    [[nodiscard]] const std::vector<TaskRow>& rows(release::ReleaseId id) const {
        return rows_.at(id);
    }
    /// For edits by tests: any column may be written.
    [[nodiscard]] std::vector<TaskRow>& rows_by_hand(release::ReleaseId id) { return rows_.at(id); }
    [[nodiscard]] const std::map<release::Version, std::string>& contents() const {
        return contents_;
    }
    [[nodiscard]] bool has_lease(const ReleaseRow& row, Instant now) const {
        const Millis longest = row.lease_for ? *row.lease_for + Millis{5'000} : Millis{3'600'000};
        return row.lease_until && *row.lease_until > now && *row.lease_until - now <= longest;
    }
    [[nodiscard]] std::uint64_t history_rows() const { return history_rows_; }

  private:
    [[nodiscard]] bool owns(const ReleaseRow& row, const control::Claim& claim) const;
    enum class RowsState { awaited, overdue, complete };
    [[nodiscard]] release::AwaitedRows awaited_rows(const ReleaseRow& row) const;
    RowsState see_to_rows(ReleaseRow& row, Instant now);
    [[nodiscard]] std::vector<release::Version> blockers(const ReleaseRow& row,
                                                         const std::vector<TaskRow>& rows) const;
    [[nodiscard]] bool is_rolled_back(release::ReleaseId id) const;
    [[nodiscard]] bool is_overtaken(const ReleaseRow& row) const;
    void roll_back(const ReleaseRow& undone, Instant now);
    [[nodiscard]] bool is_running_in(std::optional<release::ReleaseId> id,
                                     release::NodeId node) const;
    void read_other_contents(release::Snapshot& seen) const;
    struct Wanted {
        const ReleaseRow* release;
        const TaskRow* row;  ///< null: it has none there
        std::string sha256;
    };
    [[nodiscard]] std::optional<Wanted> wanted(const InventoryRow& node) const;
    [[nodiscard]] release::DriftKind drift(const InventoryRow& node, const Wanted& wanted) const;
    [[nodiscard]] bool is_held(release::NodeId node, release::ReleaseId by_others_than) const;
    [[nodiscard]] bool is_banned(const ReleaseRow& row) const;
    [[nodiscard]] release::ReconcilePace pace(Instant now) const;
    [[nodiscard]] bool is_proven_of_late(release::ReleaseId id, Instant now) const;
    void add_past(release::OwedNode& node, Instant now) const;
    bool retry(release::ReleaseId id, const std::set<release::NodeId>& named, bool catches_up,
               release::RetryBy by);

    Millis lease_;
    DatabaseWitness* witness_;
    Digest digest_;
    std::map<release::ReleaseId, ReleaseRow> releases_;
    std::map<release::ReleaseId, std::vector<TaskRow>> rows_;  ///< in the order of their ids
    test::Inventory inventory_;
    std::map<release::Version, std::string> contents_;
    std::map<std::string, Instant> members_;  ///< until when
    std::set<std::string> bans_;
    std::vector<Served> served_;
    std::int64_t next_row_id_ = 1;
    std::uint64_t history_rows_ = 0;
};

}  // namespace edgeroll::sim
