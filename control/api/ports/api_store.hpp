// What the API needs of the database: other questions than the executor's (core/ports.hpp).
// control/store/api implements it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "control/api/ports/audit.hpp"
#include "control/api/ports/creation.hpp"
#include "control/api/ports/event_views.hpp"
#include "control/api/ports/inventory.hpp"
#include "control/api/ports/release_views.hpp"
#include "control/api/ports/stats.hpp"
#include "control/api/ports/steering.hpp"
#include "release/result.hpp"

namespace edgeroll::control {

/// What changes anything writes its row of the audit log in the same transaction; what is refused,
/// and what finds everything done already, writes none.
/// Errors carry the code of docs/contract.md section 7: 3001, 3002, 3003, or 5002 (not_done:
/// unreachable).
class ApiStore {
  public:
    template <class T>
    using Answer = boost::asio::awaitable<release::Result<T>>;

    virtual ~ApiStore() = default;
    virtual Answer<ReleaseView> release(release::ReleaseId id) = 0;
    /// The same with the steps of its nodes. 3001 also for a node that it does not have; 2002 for
    /// more than release_steps_bytes_max.
    virtual Answer<ReleaseView> release_steps(release::ReleaseId id, StepsWanted wanted) = 0;
    virtual Answer<ReleasePage> releases(ReleaseFilter filter) = 0;
    /// The history from the first event above the id `after` on. @param page from 1
    /// @param page_size 1 to event_page_size_max
    virtual Answer<EventPage> events(release::ReleaseId id, std::int64_t after, int page,
                                     int page_size) = 0;
    /// Plans over the enabled online nodes and writes release, node rows and history in one
    /// transaction, with the content's copy for from_release and the stops of superseded releases.
    /// 2002 for a batch_config, selector or content that cannot be used; 3003 without any node, for
    /// a banned content, a from_release in the wrong state, or when the plan differs from the
    /// expected one (with the nodes by name, where this process made the preview lately); 3002 when
    /// the version is taken or not above every earlier one; 3001 when an explicit version has no
    /// content (unless reload only) or from_release is not there.
    virtual Answer<CreatedRelease> create(NewRelease request) = 0;
    /// 3002 when the version is in use (named by a release of any status or by what a node runs, or
    /// ever claimed) with another content or note. The same again is fine; one that was never used
    /// is replaced.
    virtual Answer<ConfigView> put_config(ConfigView config) = 0;
    virtual Answer<ShownConfig> config(release::Version version, PayloadPart part) = 0;
    virtual Answer<std::vector<NodeView>> nodes() = 0;
    virtual Answer<NodeView> add_node(NodeChangeRequest node) = 0;
    virtual Answer<NodeView> change_node(release::NodeId id, NodeChangeRequest change) = 0;
    virtual Answer<Gauges> gauges() = 0;
    /// What was released of late, and what waits.
    virtual Answer<Stats> stats() = 0;

    // What operators ask for (release/actions.hpp): 3001 without such a release, 3003 with the
    // state in the message where it does not allow the action. Whoever owns the release notices.

    /// Writes requested_action; asked for already, nothing is written. Answers as it then stands.
    virtual Answer<ReleaseView> steer(SteerRequest request) = 0;
    /// A stop that waits for no node: the rows that are `running` become `failed` (`lost`) at once,
    /// also when a stop was asked for before. With nothing left to give up, that one repeated.
    /// @param request with a reason
    virtual Answer<ForceStopped> force_stop(ActionRequest request) = 0;
    /// Also 3003 when a later unfinished release shares nodes with it, or its content was banned.
    virtual Answer<Retried> retry(RetryRequest request) = 0;
    /// A new release (see release/rollback.hpp), or for a dry run what it would be. 3003 for a
    /// second time.
    virtual Answer<RolledBack> roll_back(RollbackRequest request) = 0;
    /// Also 2002 for a limit that is none. Answers with the release as it then stands.
    virtual Answer<ReleaseSummary> limit(LimitRequest request) = 0;
    /// Rows of the audit log, in one transaction.
    virtual Answer<void> note(std::vector<AuditNote> notes) = 0;
    /// 2002 for a `since` that is no time.
    virtual Answer<AuditPage> audit(AuditFilter filter) = 0;
    /// The database answers; what keeps this program's statements from working with its schema, or
    /// nothing.
    virtual Answer<std::string> ping() = 0;
};

}  // namespace edgeroll::control
