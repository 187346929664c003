// Releases and nodes as described by the API (docs/contract.md section 7), limited to what is
// shown.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/api_client.hpp"

namespace edgeroll::cli {

struct NodeLine {
    std::int64_t id = 0;
    std::string name, status, failure_kind, error, started_at, finished_at;
    int attempt = 0;
    int progress = 0;                 ///< percent
    std::int64_t config_version = 0;  ///< version of its content, if not the release's own; else 0
    bool is_unseen = false;           ///< a success, and nobody has looked at the content there
    friend bool operator==(const NodeLine&, const NodeLine&) = default;
};

struct BatchLine {
    int number = 0;               ///< 0: nodes that joined later (docs/contract.md 6.9)
    std::vector<NodeLine> nodes;  ///< by id
};

/// Why a release does not proceed: `waitingFor`.
struct Waiting {
    std::string reason, until;
    std::vector<std::string> nodes;
    friend bool operator==(const Waiting&, const Waiting&) = default;
};

/// The limits of a release from its `batchConfig`; unset limits are empty. Without a batchConfig
/// the defaults apply; if control does not report it is_known is false.
struct Limits {
    bool is_known = false;
    std::optional<std::int64_t> failure_threshold, max_batch_fail_rate;
    std::string max_unreachable;  ///< "3" or "5%"
};

/// What control says a rollback would do now.
struct RollbackOutlook {
    int nodes = 0, left_alone = 0;
    std::string obstacle;  ///< the reason it needs force, if any
};

struct ReleaseLine {
    std::int64_t id = 0, version = 0;
    std::int64_t rolls_back = 0, from_release = 0;  ///< ids; 0: none
    std::string type, target, status, batch_status, last_error, reason, created_by;
    std::string hold;  ///< why it pauses between batches: bake, gate, review, failure, ...
    std::string requested_action, callback_url;
    std::string created_at, started_at, finished_at;
    int current_batch = 0, total_batches = 0, total_nodes = 0;
    std::optional<int> started_batch;  ///< the latest; nothing from an older control
    int success = 0, failed = 0, skipped = 0, deferred = 0, cancelled = 0;
    int waived_failures = 0, max_parallel = 0;  ///< 0: none, no limit
    Limits limits;
    Waiting waiting;                          ///< all empty: not waiting
    std::vector<BatchLine> batches;           ///< ascending; empty in lists
    std::optional<RollbackOutlook> rollback;  ///< of a finished release with content to undo
    std::vector<std::string> actions;  ///< actions control accepts now: pause, continue, stop, ...
};

struct FleetLine {
    std::int64_t id = 0;
    std::string name, ip, status, applied_version, last_seen_at;
    int port = 0;
    bool is_enabled = true;
    std::string wanted_version, applied_sha256, wanted_sha256;
    std::string looks;  ///< what looked at the last content there; "nobody"; empty: not known
    std::optional<bool> has_drift;  ///< nothing: control does not say
    std::string drift_kind;         ///< empty also from an older control
    std::string observed_version, observed_sha256, observed_remark;  ///< what lies there
    std::string agent_version, offline_since;
    std::map<std::string, std::string> labels;
};

/// Lenient: members that are missing or of another type are shown as missing. Only an answer that
/// is not a release is an error.
[[nodiscard]] Answer<ReleaseLine> read_release(const release::wire::Json& data);
[[nodiscard]] Answer<std::vector<ReleaseLine>> read_releases(const release::wire::Json& data);
[[nodiscard]] Answer<std::vector<FleetLine>> read_fleet(const release::wire::Json& data);

/// `waitingFor` of an answer; all empty without it.
[[nodiscard]] Waiting read_waiting(const release::wire::Json& data);

/// The member's items; empty when it is not a list.
[[nodiscard]] release::wire::Json list_of(const release::wire::Json& object, const char* field);
[[nodiscard]] std::string text_of(const release::wire::Json& object, const char* field);
[[nodiscard]] std::int64_t integer_of(const release::wire::Json& object, const char* field);

/// A node's name, or "#12" without one.
[[nodiscard]] std::string node_name_of(const release::wire::Json& data);

[[nodiscard]] bool is_finished(const ReleaseLine& release);
/// Number of the most recently started batch, 0 before the first; from the ordinal for an older
/// control.
[[nodiscard]] int started_number(const ReleaseLine& release);

/// "batch 3"; "joined" for the nodes that reconciliation added.
[[nodiscard]] std::string batch_label(std::int64_t number);
/// Nodes that joined are being worked on, or were last.
[[nodiscard]] bool is_at_joined(const ReleaseLine& release);
/// "batch 2 of 5" or "joined nodes": what is being worked on, or was last; empty before the first
/// batch, and for nodes that joined once the release is finished.
[[nodiscard]] std::string position_text(const ReleaseLine& release);
/// The batch with this ordinal, from 1; null without. Nodes that joined have none.
[[nodiscard]] const BatchLine* batch_at(const ReleaseLine& release, std::int64_t ordinal);

/// Node rows by status; counted from the rows if present, else from the counters.
struct Tally {
    int total = 0, pending = 0, running = 0, success = 0, failed = 0, skipped = 0, deferred = 0,
        cancelled = 0;
    [[nodiscard]] int finished() const { return total - pending - running; }
};
[[nodiscard]] Tally tally(const BatchLine& batch);
/// Of the nodes that the release was made for, which its totals count.
[[nodiscard]] Tally tally(const ReleaseLine& release);
/// Of the nodes that reconciliation added.
[[nodiscard]] Tally tally_joined(const ReleaseLine& release);
/// Of both: what a stop or a retry concerns.
[[nodiscard]] Tally tally_all(const ReleaseLine& release);
/// "2 nodes (1 succeeded, 1 running)": those that joined; empty without.
[[nodiscard]] std::string joined_text(const ReleaseLine& release);
/// ", 2 nodes joined later (1 succeeded, 1 running)", to follow the counts of the others.
[[nodiscard]] std::string joined_remark(const ReleaseLine& release);
/// "3 running, 1 failed": counts other than successful and waiting nodes; may be empty.
[[nodiscard]] std::string remarks(const Tally& tally);

}  // namespace edgeroll::cli
