// One of the two databases under comparison: the calls of control processes, and the edits of
// pipelines and operators.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/core/ports.hpp"
#include "tests/differential/picture.hpp"
#include "tests/sim/sim_database.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::differential {

enum class When { none, long_past, far_ahead };

/// An operator's UPDATE of release_tasks; absent columns stay unchanged.
struct ReleaseEdit {
    std::optional<release::ReleaseStatus> status;
    std::optional<release::Action> requested;
    std::optional<int> total_nodes;
    std::optional<When> not_before;
    std::optional<std::int64_t> claim_epoch;
    bool ends_lease = false;      ///< lease_expires_at: a moment ago
    bool is_lease_far = false;    ///< lease_expires_at: as after the clock was set back by years
    bool ages_rows_seen = false;  ///< as if the last new row had come long ago
};

struct NewRelease {
    test::ReleaseRow row;      ///< id, version, status, total_nodes and the values of batch_config
    std::string batch_config;  ///< the column's text; empty: NULL
    When not_before = When::none;
    std::vector<release::PlannedNode> nodes;
};

/// A call that fails throws.
class Side {
  public:
    virtual ~Side() = default;

    // ---- calls of control::Store, by the owner's number ----
    virtual std::vector<control::Candidate> claimable(int owner, int limit) = 0;
    virtual std::optional<control::Claim> claim(int owner, release::ReleaseId id,
                                                const std::string& order_id) = 0;
    virtual bool renew(int owner, const control::Claim& claim) = 0;
    virtual void give_back(int owner, const control::Claim& claim) = 0;
    virtual std::optional<release::Snapshot> read(int owner, const control::Claim& claim,
                                                  std::optional<int> part) = 0;
    virtual control::Committed commit(int owner, const control::Claim& claim,
                                      const release::Commit& commit) = 0;
    /// The ids of a release's rows, ascending. They differ between the sides: a database leaves
    /// gaps.
    virtual std::vector<std::int64_t> row_ids(release::ReleaseId id) = 0;
    virtual void record(int owner, const control::Claim& claim, const release::HistoryRow& row) = 0;

    // ---- edits ----
    /// Inserts the node, or overwrites it.
    virtual void put_node(const test::InventoryRow& node) = 0;
    virtual void delete_node(release::NodeId id) = 0;
    virtual void insert_content(release::Version version, const std::string& payload) = 0;
    virtual void insert_release(const NewRelease& release) = 0;
    virtual void edit_release(release::ReleaseId id, const ReleaseEdit& edit) = 0;
    virtual void delete_release(release::ReleaseId id) = 0;
    virtual void insert_row(release::ReleaseId id, release::PlannedNode row) = 0;
    virtual void set_row(release::ReleaseId id, release::NodeId node,
                         release::NodeStatus status) = 0;
    virtual void delete_row(release::ReleaseId id, release::NodeId node) = 0;
    /// As if the running nodes had been running for long.
    virtual void age_running(release::ReleaseId id) = 0;

    /// Every table, as far as both sides have it.
    virtual Picture tables() = 0;
};

inline constexpr int owners = 3;
[[nodiscard]] inline std::string owner_name(int owner) {
    return "control-" + std::to_string(owner);
}
/// Longer than any test, however slow the machine: only an edit ends a lease.
inline constexpr release::Millis lease{std::chrono::hours(10)};

/// The simulator's side, with access to its data. Time stands still.
class SimSide final : public Side {
  public:
    SimSide();
    [[nodiscard]] const sim::SimDatabase& database() const { return database_; }

    std::vector<control::Candidate> claimable(int owner, int limit) override;
    std::optional<control::Claim> claim(int owner, release::ReleaseId id,
                                        const std::string& order_id) override;
    bool renew(int owner, const control::Claim& claim) override;
    void give_back(int owner, const control::Claim& claim) override;
    std::optional<release::Snapshot> read(int owner, const control::Claim& claim,
                                          std::optional<int> part) override;
    control::Committed commit(int owner, const control::Claim& claim,
                              const release::Commit& commit) override;
    std::vector<std::int64_t> row_ids(release::ReleaseId id) override;
    void record(int owner, const control::Claim& claim, const release::HistoryRow& row) override;
    void put_node(const test::InventoryRow& node) override;
    void delete_node(release::NodeId id) override;
    void insert_content(release::Version version, const std::string& payload) override;
    void insert_release(const NewRelease& release) override;
    void edit_release(release::ReleaseId id, const ReleaseEdit& edit) override;
    void delete_release(release::ReleaseId id) override;
    void insert_row(release::ReleaseId id, release::PlannedNode row) override;
    void set_row(release::ReleaseId id, release::NodeId node, release::NodeStatus status) override;
    void delete_row(release::ReleaseId id, release::NodeId node) override;
    void age_running(release::ReleaseId id) override;
    Picture tables() override;

  private:
    sim::SimDatabase database_;
};

/// A real store over a real database, which is emptied at construction. `processes` are its owners,
/// by their numbers; `hand` is a separate connection for the edits.
[[nodiscard]] std::unique_ptr<Side> make_store_side(
    std::vector<std::unique_ptr<control::testing::Process>>& processes, control::Connection& hand);

}  // namespace edgeroll::differential
