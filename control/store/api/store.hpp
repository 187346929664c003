// What the API reads and writes. Same database, other questions than the executor's
// (core/ports.hpp).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/secrets/shown_payload.hpp"
#include "control/store/api/stats_types.hpp"
#include "control/store/api/steering_types.hpp"
#include "release/commit.hpp"
#include "release/model.hpp"
#include "release/plan.hpp"
#include "release/result.hpp"
#include "release/states.hpp"

namespace edgeroll::control {

/// Times are RFC 3339 with milliseconds and Z; empty: NULL.
struct ReleaseSummary {
    release::ReleaseId id;
    std::string type, target;
    release::Version version;
    release::ReleaseStatus status = release::ReleaseStatus::pending;
    release::BatchStatus batch_status = release::BatchStatus::none;
    int current_batch = 0, total_batches = 0, total_nodes = 0;
    /// Number of the batch started last; nothing: unstarted, or an older process ran it.
    std::optional<int> started_batch;
    release::StatusCounts counts;             ///< counted from the rows
    int success_nodes = 0, failed_nodes = 0;  ///< the columns
    std::string last_error, reason, created_by, requested_action, claimed_by;
    std::string created_at, updated_at, started_at, finished_at, not_before;
    bool is_due = true;                      ///< not_before is NULL or past
    bool has_lease = false;                  ///< a claim is valid now
    std::string lease_until;                 ///< by claimed_by; empty: NULL
    std::vector<release::Version> blockers;  ///< as in release::Snapshot; unfinished releases only

    release::Hold hold = release::Hold::none;
    std::string hold_until;
    /// Since started_at: time that counts as no work, and the working time at the batch's start.
    release::Millis paused{0}, batch_work_start{0};
    int waived_failures = 0;
    std::optional<release::ReleaseId> rolls_back, from_release;
    std::optional<release::ReleaseId> rolled_back_by;  ///< the release that undoes this one
    std::string callback_url;                          ///< as stored: with its secrets
    std::string batch_config;                          ///< JSON text as stored; may be anything
    std::string content_sha256;                        ///< as in release::Snapshot
    /// Nodes reload what they have. Before the start: as it would be now.
    bool is_reload_only = false;
    /// Half inserted: when it is given up, unless a further row comes; empty otherwise.
    std::string rows_until;
};

/// A pool of max_parallel_per that has no free place while nodes of the batch wait for one.
struct FullLane {
    std::string label, value;  ///< value: empty for the nodes without the label
    int size = 0;
    int running = 0;
};

struct ReleaseNodeView {
    release::NodeId id;
    std::string name;  ///< empty when the node is gone
    int batch = 1;
    release::NodeStatus status = release::NodeStatus::pending;
    int attempt = 0;
    release::FailureKind failure = release::FailureKind::none;
    std::string error, started_at, finished_at;
    int progress = 0;
    std::optional<release::Version> config_version;  ///< as in release::NodeRow
    std::string task_id;                             ///< empty before the first intent
    std::string steps;  ///< JSON text as stored, may be anything; only of release_steps()
};

/// What a rollback of a finished release would do now.
struct RollbackOutlook {
    std::size_t nodes = 0, left_alone = 0;
    std::string obstacle;  ///< why it would be refused unless forced; empty: it would be taken
};

struct ReleaseView {
    ReleaseSummary summary;
    std::vector<ReleaseNodeView> nodes;  ///< ascending by (batch, id)
    std::vector<FullLane> full_lanes;    ///< of a running release
    /// Only where the release's own state allows a rollback; only of release().
    std::optional<RollbackOutlook> rollback;
    std::optional<release::NodeId> shown_node;  ///< release_steps() of one node: this one
};

/// Of which nodes the steps are wanted.
struct StepsWanted {
    std::string named;                    ///< by name or id; empty: all
    std::optional<release::NodeId> node;  ///< the one that this is; found by the store
};

/// Of stored steps in one answer: some thousand nodes whose commands say little, and in any case
/// those of one node. The text is taken apart on the thread that also runs releases.
inline constexpr std::size_t release_steps_bytes_max = 4U << 20;

struct ReleaseFilter {
    std::optional<release::ReleaseStatus> status;
    std::string type, created_by, q;  ///< empty: any; q matches reason, last_error, version
    std::string sort = "-id";         ///< id, version, created_at, updated_at, status; `-` descends
    int page = 1, page_size = 20;
};

struct ReleasePage {
    std::vector<ReleaseSummary> items;
    std::int64_t total = 0;
};

/// A row of release_events.
struct EventView {
    std::int64_t id = 0;
    std::optional<release::NodeId> node;
    std::string at, actor, kind;
    std::string detail;  ///< the column's text: a JSON object when it is edgeroll's own
};

struct EventPage {
    std::vector<EventView> items;  ///< ascending by id
    std::int64_t total = 0;        ///< events after the one asked for
    std::int64_t last_id = 0;      ///< the newest event of the release; 0: none
    release::ReleaseStatus status = release::ReleaseStatus::pending;  ///< at that moment
};

inline constexpr int event_page_size_max = 100;

/// The plan of a dry run, as its caller saw it.
struct PreviewedPlan {
    std::vector<release::PlannedNode> nodes;
    std::vector<std::string> names;  ///< of `nodes`, in their order
};

struct NewRelease {
    std::string target = "cdn";
    std::optional<release::Version> version;
    bool is_reload_only = false;
    std::string reason, created_by, not_before;  ///< not_before: RFC 3339 or empty
    std::string batch_config;                    ///< JSON text; empty: none
    std::optional<release::TaskType> type;       ///< absent: apply_config, or from_release's
    bool is_forced = false;                      ///< a banned content is allowed
    std::optional<release::ReleaseId> from_release;
    bool supersedes = false;   ///< stop earlier unfinished releases that share nodes
    std::string callback_url;  ///< empty: none
    bool is_dry_run = false;
    std::string expected_plan_sha256;  ///< empty: not given
    /// The plan of expected_plan_sha256, for the message; the store fills it in where it knows it.
    std::shared_ptr<const PreviewedPlan> previewed;
    std::string idempotency_key;  ///< empty: none; scoped to created_by
    std::string request_sha256;   ///< of the body; the same key with another body is 3003
    /// The store's: contents whose secrets they do not open are refused. Nothing: those with any.
    std::shared_ptr<const SecretKeys> secret_keys{};
    Asker by{};  ///< for the audit log
};

struct CreatedRelease {
    release::ReleaseId id;  ///< 0 for a dry run
    release::Version version;
    std::vector<release::PlannedNode> plan;
    std::vector<std::string> names;  ///< of the plan's nodes, in its order; for the store itself
    std::string plan_sha256;
    std::vector<release::LeftOut> left_out;      ///< ascending by node; not of a repeated request
    std::vector<release::ReleaseId> superseded;  ///< stopped (of a dry run: would be); ascending
    /// Of a content with secrets: nodes whose agents never said that they can keep them. Ascending.
    std::vector<release::LeftOut> without_secrets{};
};

/// A node that ran when a release was stopped by force.
struct GivenUpNode {
    release::NodeId id;
    std::string name;  ///< empty when the node is gone
    int batch = 1;
    int attempt = 0;
    std::string task_id;  ///< of the attempt; may be empty
};

/// A release as it is after a forced stop, and the nodes that nobody waits for any more.
struct ForceStopped {
    ReleaseView view;
    std::vector<GivenUpNode> given_up;  ///< by batch and node; may be empty
};

/// A release as it is after a retry was asked for, and the nodes that it takes up again.
struct Retried {
    ReleaseView view;
    std::vector<release::RetryRow> nodes;
};

struct RolledBack {
    CreatedRelease created;  ///< its id is 0 for a dry run; names are those of the plan
    std::vector<release::LeftAlone> left_alone;
    /// Digests of the contents that are put back; empty where it is not known.
    std::map<release::Version, std::string> digests;
    std::string banned;  ///< the digest that is (or would be) banned; empty: none
};

struct ConfigView {
    release::Version version;
    std::string payload, sha256, note, created_by, created_at;
    /// What storing it came to.
    enum class Outcome { stored, unchanged, replaced };
    Outcome outcome = Outcome::stored;
    Asker by{};  ///< who stores it, for the audit log
};

/// A content for people. Of secrets it holds paths, lengths and digests.
struct ShownConfig {
    ConfigView head;  ///< without the payload
    ShownPayload content;
};

struct NodeView {
    release::NodeId id;
    std::string name, main_ip, status, cert_fingerprint;
    int agent_port = 8443;
    bool is_enabled = true;
    release::Labels labels;
    std::optional<release::Version> applied_version;
    std::string applied_sha256, last_seen_at, created_at, updated_at;
    /// The content it should have by the newest release that succeeded with it (docs/api.md).
    std::optional<release::Version> wanted_version;
    std::string wanted_sha256;
    bool has_drift = false;
};

/// Absent fields stay (PATCH) or take their defaults (POST).
struct NodeChangeRequest {
    std::optional<std::string> name, main_ip, status, cert_fingerprint;
    std::optional<int> agent_port;
    std::optional<bool> is_enabled;
    std::optional<release::Labels> labels;
    Asker by{};  ///< for the audit log
};

/// What is to be audited although no deed of the database goes with it.
struct AuditNote {
    Asker by;
    std::string action;
    std::vector<std::pair<std::string, std::string>> words;  ///< of the detail
    std::vector<std::pair<std::string, std::int64_t>> numbers;
    /// Not written again while the last row of this action says the same of this word of the
    /// detail; empty: always written.
    std::string key_word;
};

struct AuditFilter {
    std::string actor, action, object;  ///< empty: any
    std::string since;                  ///< RFC 3339 or empty
    int page = 1, page_size = 20;
};

struct AuditView {
    std::int64_t id = 0;
    std::string at;  ///< RFC 3339
    std::string actor, remote, action, object, detail, prev_hash, hash;
};

struct AuditPage {
    std::vector<AuditView> items;  ///< the newest first
    std::int64_t total = 0;
};

struct Gauges {
    std::map<std::string, std::int64_t> releases_by_status;
    /// The rows of releases without an end: all rows that there ever were would be counted anew
    /// with each look.
    std::map<std::string, std::int64_t> nodes_by_status;
    std::int64_t nodes_drifting = 0;  ///< NodeView::has_drift
    QueueFigures queue;
    std::optional<ReleaseTimes> last_ended;  ///< of the release that ended last
};

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
