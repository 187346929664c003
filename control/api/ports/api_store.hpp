// The API's port to the database, with other queries than the executor's (core/ports.hpp).
// Implemented by control/store/api.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "control/api/ports/audit.hpp"
#include "control/api/ports/bans.hpp"
#include "control/api/ports/creation.hpp"
#include "control/api/ports/event_views.hpp"
#include "control/api/ports/evidence_views.hpp"
#include "control/api/ports/inventory.hpp"
#include "control/api/ports/reconciliation.hpp"
#include "control/api/ports/release_views.hpp"
#include "control/api/ports/stats.hpp"
#include "control/api/ports/steering.hpp"
#include "release/result.hpp"

namespace edgeroll::control {

/// Every change writes its row of the audit log in the same transaction; refused calls, and calls
/// that find everything done already, write none. Errors carry the code of docs/contract.md section
/// 7: 3001, 3002, 3003, or 5002 (not_done: unreachable).
class ApiStore {
  public:
    template <class T>
    using Answer = boost::asio::awaitable<release::Result<T>>;

    virtual ~ApiStore() = default;
    virtual Answer<ReleaseView> release(release::ReleaseId id) = 0;
    /// The same with the steps of its nodes. Also 3001 for a node that the release does not have;
    /// 2002 for more than release_steps_bytes_max.
    virtual Answer<ReleaseView> release_steps(release::ReleaseId id, StepsWanted wanted) = 0;
    virtual Answer<ReleasePage> releases(ReleaseFilter filter) = 0;
    /// The history from the first event above the id `after` on.
    /// @param page from 1
    /// @param page_size 1 to event_page_size_max
    virtual Answer<EventPage> events(release::ReleaseId id, std::int64_t after, int page,
                                     int page_size) = 0;
    /// What its decisions rest on, of the order that the release has now.
    virtual Answer<EvidencePage> evidence(EvidenceFilter filter) = 0;
    /// Plans over the enabled online nodes and writes release, node rows and history in one
    /// transaction, with the copy of the content for from_release and the stops of superseded
    /// releases. 2002 for an unusable batch_config, selector or content; 3003 without any node, for
    /// a banned content, a from_release in the wrong state, or when the plan differs from the
    /// expected plan (with node names, where this process made the preview recently); 3002 when the
    /// version is taken or not above every earlier version; 3001 when an explicit version has no
    /// content (unless reload only) or from_release does not exist.
    virtual Answer<CreatedRelease> create(NewRelease request) = 0;
    /// 3002 when the version is in use (named by a release of any status or by the applied content
    /// of a node, or ever claimed) with another content or note. Storing the same content again
    /// succeeds; a content never used is replaced.
    virtual Answer<ConfigView> put_config(ConfigView config) = 0;
    virtual Answer<ShownConfig> config(release::Version version, PayloadPart part) = 0;
    virtual Answer<std::vector<NodeView>> nodes() = 0;
    virtual Answer<NodeView> add_node(NodeChangeRequest node) = 0;
    virtual Answer<NodeView> change_node(release::NodeId id, NodeChangeRequest change) = 0;
    /// @param page from 1
    /// @param page_size 1 to 100
    virtual Answer<BanPage> bans(int page, int page_size) = 0;
    /// A content that is banned already, by either digest, stays banned by that row. 3001 for a
    /// version without content.
    virtual Answer<Banned> add_ban(BanRequest request) = 0;
    /// Returns the removed row. 3001 when there is none.
    virtual Answer<BanView> remove_ban(BanRemoval removal) = 0;
    virtual Answer<ReconciliationView> reconciliation() = 0;
    /// Forgives the failures so far. Returns how many; with 0 nothing is written.
    virtual Answer<int> continue_reconciliation(ContinueRequest request) = 0;
    virtual Answer<Gauges> gauges() = 0;
    /// Figures about recent releases and waiting releases.
    virtual Answer<Stats> stats() = 0;

    // Requests of operators (release/actions.hpp): 3001 when the release does not exist, 3003 with
    // the state in the message where it does not allow the action. The owner of the release notices
    // the change.

    /// Writes requested_action; a repeated request writes nothing. Returns the release in its new
    /// state.
    virtual Answer<ReleaseView> steer(SteerRequest request) = 0;
    /// A stop that waits for no node: `running` rows become `failed` (`lost`) at once, also after
    /// an earlier stop request. After an earlier stop request, and with no row left to give up,
    /// nothing is written.
    /// @param request with a reason
    virtual Answer<ForceStopped> force_stop(ActionRequest request) = 0;
    /// Also 3003 when a later unfinished release shares nodes with this release, or its content was
    /// banned.
    virtual Answer<Retried> retry(RetryRequest request) = 0;
    /// Creates a new release (see release/rollback.hpp); a dry run only describes it. 3003 for a
    /// second rollback.
    virtual Answer<RolledBack> roll_back(RollbackRequest request) = 0;
    /// Also 2002 for an illegal limit. Returns the release in its new state.
    virtual Answer<ReleaseSummary> limit(LimitRequest request) = 0;
    /// Adds rows to the audit log, in one transaction.
    virtual Answer<void> note(std::vector<AuditNote> notes) = 0;
    /// 2002 for an illegal `since`.
    virtual Answer<AuditPage> audit(AuditFilter filter) = 0;
    /// Checks the database. Returns why this program's statements do not work with its schema;
    /// empty: they do.
    virtual Answer<std::string> ping() = 0;
};

}  // namespace edgeroll::control
