// The invariants of docs/contract.md section 8, checked against the truth: the database's rows at
// the moment of a commit, and what agents really did. Nothing here trusts the code under test.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "release/fleet/heartbeats.hpp"
#include "sim_database.hpp"
#include "sim_node.hpp"
#include "timeline.hpp"
#include "trace.hpp"

namespace edgeroll::sim {

class Witness final : public DatabaseWitness, public NodeWitness {
  public:
    Witness(const Timeline& timeline, Trace& trace, release::Rules rules)
        : timeline_(timeline), trace_(trace), rules_(rules) {}
    void watch(const SimDatabase& database) { database_ = &database; }

    // ---- the database ----
    void claimed(const ReleaseRow& before, const ReleaseRow& after) override;
    void committed(const control::Claim& claim, const ReleaseRow& before,
                   const std::vector<TaskRow>& rows_before, const ReleaseRow& after,
                   const std::vector<TaskRow>& rows) override;
    void retried(const ReleaseRow& before, const std::vector<TaskRow>& rows_before,
                 const ReleaseRow& after, const std::vector<TaskRow>& rows) override;
    void row_deleted(release::ReleaseId of, const TaskRow& row) override;
    void rolled_back(const ReleaseRow& undone, const std::vector<TaskRow>& undone_rows,
                     const ReleaseRow& made, const std::vector<TaskRow>& rows) override;

    // ---- heartbeats ----
    void reconciled(const release::ReconcileRules& rules, const ReleaseRow& after,
                    const std::vector<release::NodeId>& nodes, bool is_banned) override;
    /// A node that reconciliation could take up now, while it serves none.
    [[nodiscard]] std::optional<release::NodeId> next_owed(
        const release::ReconcileRules& rules) const;
    void marked(const std::string& owner, const InventoryRow& before,
                release::Sighting::Mark mark) override;
    /// This process is a member until then (by the world's clock).
    void is_member(const std::string& owner, Instant until);
    /// It has the node's answer to a heartbeat.
    void beats(const std::string& owner, const std::string& node) {
        heard_beat_[{owner, node}] = timeline_.now();
    }
    void network_cut(const std::string& owner, Instant until);
    /// Heartbeats have run undisturbed for a while: what the rows say of the nodes is so.
    void check_fleet(const std::vector<SimNode*>& nodes);
    release::HeartbeatRules heartbeat_rules;

    // ---- agents ----
    void taken(const SimNode& node, const agent::apply::Offer& offer, bool is_new) override;
    void run_began(const SimNode& node, const std::string& task_id) override;
    void run_ended(const SimNode& node, const std::string& task_id) override;
    void finished(const SimNode& node, const agent::apply::Entry& task,
                  release::TaskStatus status) override;
    void live_changed(const SimNode& node) override;
    void wiped(const SimNode& node) override;

    // ---- what a control process does and learns ----
    /// It may act on its claim until then (by the world's clock).
    void holds_claim(const std::string& owner, release::ReleaseId id, Instant good_until);
    /// A reading that was applied at `read_at` has arrived.
    void has_read(release::ReleaseId id, Instant read_at, bool is_all);
    /// A write failed, or was stale or fenced: the process may discard all that it knew.
    void was_disturbed(const std::string& owner, release::ReleaseId id);
    void writes(const control::Claim& claim);
    void sends_dispatch(const std::string& owner, const std::string& task_id,
                        const control::Parcel& parcel);
    /// A message about this task arrives after its sender has given up on it.
    void arrives_late(const std::string& task_id) { late_.insert(task_id); }
    void heard(const std::string& owner, const Message& message, Instant sent_at,
               const release::Answer& answer);
    /// The release's rows are deleted: facts known by its id do not apply to a later release with
    /// the same id. Its agents keep their tasks.
    void deleted(release::ReleaseId id);

    /// Nothing but nodes is disturbed in this world, and there is a place for each request: a way
    /// back is fast (T4).
    bool expects_fast_return = false;

    void gate_passes(const std::string& url) { gate_passed_at_[url] = timeline_.now(); }
    /// The owner's process has heard that.
    void gate_refused(const std::string& owner, const std::string& url) {
        gate_refused_at_[{owner, url}] = timeline_.now();
    }

    void violated(const std::string& invariant, const std::string& detail);
    /// Everything has ended and is quiet.
    void check_end();
    [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

  private:
    struct Intent {
        release::ReleaseId release;
        release::NodeId node;
        std::int64_t row_id = 0;
        bool is_gone = false;  ///< its rows were deleted
    };
    /// A task id of one order: other releases of the version had tasks under the same id.
    using TaskKey = std::pair<std::string, std::string>;  // order, task
    struct End {
        std::set<release::TaskStatus> statuses;
        std::string sha256;  ///< of the content in the task
    };
    /// Working time of a release by the world's clock, derived from commits.
    struct Work {
        std::optional<Instant> since;  ///< set while it works
        Millis done{0};
        Millis done_before_batch{0};
    };
    using OwnedTask = std::pair<std::string, TaskKey>;
    using OwnedRelease = std::pair<std::string, release::ReleaseId>;

    void check_dispatch(const ReleaseRow& before, const std::vector<TaskRow>& rows_before,
                        const ReleaseRow& after, const std::vector<TaskRow>& rows,
                        const TaskRow& row);
    /// One at a time until the content is proven; a large batch grows with its successes.
    void check_probation(const ReleaseRow& release, const std::vector<TaskRow>& rows,
                         const TaskRow& row);
    void check_attempt(const ReleaseRow& release, const TaskRow& before, const TaskRow& row);
    /// Agents written elsewhere name no order: the task then had only one.
    [[nodiscard]] TaskKey key_of(const std::string& order, const std::string& task_id) const;
    /// @param has_settled the commit changed the status of a node
    void check_steering(const ReleaseRow& before, const ReleaseRow& after, bool has_settled);
    void check_opening(const control::Claim& claim, const ReleaseRow& before,
                       const std::vector<TaskRow>& rows_before, const ReleaseRow& after);
    /// What must be seen of the nodes before the release goes on: its bake, and a pass of each
    /// gate.
    /// @param batch the ordinal of the batch before; nothing: the last one
    /// @param what begins the sentence of a violation
    void check_look(const control::Claim& claim, const ReleaseRow& release,
                    const std::vector<TaskRow>& rows, std::optional<int> batch,
                    const std::string& what);
    void check_gate(const control::Claim& claim, const ReleaseRow& release, const std::string& url,
                    Instant ended, const std::string& what);
    [[nodiscard]] bool is_first_look_over(const std::vector<TaskRow>& rows) const;
    void check_way_back(const control::Claim& claim, const ReleaseRow& before,
                        const std::vector<TaskRow>& rows_before, const ReleaseRow& after,
                        const std::vector<TaskRow>& rows);
    [[nodiscard]] bool is_silent(const control::Claim& claim, const ReleaseRow& release,
                                 const TaskRow& row, Millis span) const;
    void check_brake(const control::Claim& claim, const ReleaseRow& release,
                     const std::vector<TaskRow>& rows, const TaskRow& row);
    /// Compares the position that the release claims with its rows.
    void check_standing(const ReleaseRow& before, const ReleaseRow& after,
                        const std::vector<TaskRow>& rows);
    /// What an operator wrote after the owner's last reading counts from the next reading on.
    [[nodiscard]] bool is_unread(release::ReleaseId id, const TaskRow& row) const;
    void add_deleted(release::ReleaseId id, std::vector<TaskRow>& rows) const;
    void check_time(const ReleaseRow& before, const ReleaseRow& after);
    void remember_content(const ReleaseRow& release, const TaskRow& before, const TaskRow& row);
    /// The version of the node's content before that release touched it, derived from commits.
    [[nodiscard]] std::optional<release::Version> content_before(release::NodeId node,
                                                                 release::ReleaseId id) const;
    void check_content(release::ReleaseId id, const TaskRow& row, const control::Parcel& parcel);
    void check_room(const control::Claim& claim, const ReleaseRow& release,
                    const std::vector<TaskRow>& rows, const TaskRow& row);
    void check_deferred(const ReleaseRow& release, const std::vector<TaskRow>& rows,
                        const TaskRow& row);
    void check_reached(const control::Claim& claim, const ReleaseRow& release, const TaskRow& row,
                       bool was_asked, const std::string& what);
    void check_verdict(const control::Claim& claim, const ReleaseRow& release,
                       const TaskRow& before, const TaskRow& row);
    void check_finish(const ReleaseRow& release, const std::vector<TaskRow>& rows);
    void check_lives();
    void check_fast_return(const SimNode& node, const Intent& intent);
    /// The failure limits (docs/contract.md 4.4), counted anew from rows.
    [[nodiscard]] bool exceeds_limits(const ReleaseRow& release,
                                      const std::vector<TaskRow>& rows) const;

    const Timeline& timeline_;
    Trace& trace_;
    release::Rules rules_;
    const SimDatabase* database_ = nullptr;
    std::vector<std::string> violations_;

    std::map<TaskKey, Intent> intents_;      ///< tasks that were ever committed as running
    std::map<std::string, TaskKey> newest_;  ///< the newest of them for each task id
    std::set<TaskKey> passed_over_;          ///< their agents used the id for another release
    std::map<release::ReleaseId, Instant> read_at_;
    /// Rows that were deleted since the last full reading: they still count.
    std::map<release::ReleaseId, std::vector<std::pair<Instant, TaskRow>>> deleted_;
    std::map<OwnedRelease, Instant> good_until_;
    std::map<OwnedRelease, Instant> disturbed_at_;
    std::map<OwnedRelease, Instant> sent_at_;     ///< the last commit
    std::map<OwnedTask, Instant> heard_refusal_;  ///< the last 5xx, or "unknown"
    std::map<OwnedTask, Instant> heard_final_;
    std::map<OwnedTask, Instant> heard_at_;  ///< the last answer of the agent that has the task
    /// By release and by the version of the content that its row names.
    std::map<std::pair<release::ReleaseId, release::Version>, std::string> sent_content_;
    std::map<release::ReleaseId, Work> work_;
    std::set<release::ReleaseId> waved_through_;  ///< an operator ended the present hold
    std::set<release::ReleaseId> cut_short_;  ///< ... when no node of the batch was open any more
    std::set<release::ReleaseId> proven_releases_;  ///< a node that they dispatched has succeeded
    std::map<std::string, Instant> gate_passed_at_;
    std::map<std::pair<std::string, std::string>, Instant> gate_refused_at_;  ///< by owner and URL
    /// The contents that nodes were given, in this order: the release, and the content's version.
    std::map<release::NodeId, std::vector<std::pair<release::ReleaseId, release::Version>>> held_;
    std::set<release::ReleaseId> undone_;
    std::map<release::ReleaseId, Instant> way_back_since_;  ///< by the rollback's id
    struct Life {
        std::optional<release::Version> version;  ///< that `live` points to
        Instant wiped_at{};
    };
    std::map<release::NodeId, Life> lives_;
    bool has_deleted_releases_ = false;
    std::set<release::NodeId> lost_rows_;  ///< a row of theirs was deleted

    struct Membership {
        Instant since{}, until{};
    };
    std::map<std::string, Membership> memberships_;
    std::map<std::pair<std::string, std::string>, Instant> heard_beat_;  ///< by owner and node
    struct Cut {
        Instant since{}, until{};
        std::set<std::string> living;  ///< nodes that had just answered when it began
    };
    std::map<std::string, Cut> cuts_;
    [[nodiscard]] std::pair<int, int> share_of(const std::string& owner, const Cut& cut) const;

    std::set<std::string> late_;
    std::set<TaskKey> taken_;  ///< tasks that an agent ever accepted
    std::map<TaskKey, End> ended_;
    std::map<release::NodeId, std::set<release::Version>> proven_;
    std::map<release::NodeId, std::map<std::string, release::Epoch>> highest_epoch_;  ///< by order
    std::map<release::NodeId, std::map<std::string, int>> runs_;
    std::map<release::NodeId, std::set<std::string>> running_;
    std::deque<Instant> taken_up_;  ///< by reconciliation, within the last minute
};

}  // namespace edgeroll::sim
