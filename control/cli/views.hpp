// Releases and nodes as the API describes them (docs/contract.md section 7), as far as they are
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
    int progress = 0;  ///< percent
    std::int64_t config_version =
        0;  ///< whose content it gets, where not the release's own; else 0
    friend bool operator==(const NodeLine&, const NodeLine&) = default;
};

struct BatchLine {
    int number = 0;
    std::vector<NodeLine> nodes;  ///< by id
};

/// Why a release does not move: `waitingFor`.
struct Waiting {
    std::string reason, until;
    std::vector<std::string> nodes;
    friend bool operator==(const Waiting&, const Waiting&) = default;
};

/// The limits of a release as `batchConfig` has them; what is open is empty. No batchConfig are the
/// default limits; a control that does not tell it leaves is_known false.
struct Limits {
    bool is_known = false;
    std::optional<std::int64_t> failure_threshold, max_batch_fail_rate;
    std::string max_unreachable;  ///< "3" or "5%"
};

/// What a rollback would do now, as control sees it.
struct RollbackOutlook {
    int nodes = 0, left_alone = 0;
    std::string obstacle;  ///< why it would be refused unless forced
};

struct ReleaseLine {
    std::int64_t id = 0, version = 0;
    std::int64_t rolls_back = 0, from_release = 0;  ///< ids; 0: none
    std::string type, target, status, batch_status, last_error, reason, created_by;
    std::string hold;  ///< why it stands between batches: bake, gate, review, failure, ...
    std::string requested_action, callback_url;
    std::string created_at, started_at, finished_at;
    int current_batch = 0, total_batches = 0, total_nodes = 0;
    std::optional<int>
        started_batch;  ///< number of the one started last; an older control tells none
    int success = 0, failed = 0, skipped = 0, deferred = 0, cancelled = 0;
    int waived_failures = 0, max_parallel = 0;  ///< 0: none, no limit
    Limits limits;
    Waiting waiting;                          ///< all empty: not waiting
    std::vector<BatchLine> batches;           ///< ascending; empty in lists
    std::optional<RollbackOutlook> rollback;  ///< of a finished release that has content to undo
    std::vector<std::string> actions;  ///< what control would take now: pause, continue, stop, ...
};

struct FleetLine {
    std::int64_t id = 0;
    std::string name, ip, status, applied_version, last_seen_at;
    int port = 0;
    bool is_enabled = true;
    std::string wanted_version, applied_sha256, wanted_sha256;
    std::optional<bool> has_drift;  ///< nothing: control does not tell
    std::map<std::string, std::string> labels;
};

/// Reading is lenient: what is missing or of another type is shown as missing. Only an answer that
/// is no release at all is an error.
[[nodiscard]] Answer<ReleaseLine> read_release(const release::wire::Json& data);
[[nodiscard]] Answer<std::vector<ReleaseLine>> read_releases(const release::wire::Json& data);
[[nodiscard]] Answer<std::vector<FleetLine>> read_fleet(const release::wire::Json& data);

/// `waitingFor` of an answer; all empty when it holds none.
[[nodiscard]] Waiting read_waiting(const release::wire::Json& data);

/// The member's items; empty when it is no list.
[[nodiscard]] release::wire::Json list_of(const release::wire::Json& object, const char* field);
[[nodiscard]] std::string text_of(const release::wire::Json& object, const char* field);
[[nodiscard]] std::int64_t integer_of(const release::wire::Json& object, const char* field);

/// A node by name, or "#12" where it has none.
[[nodiscard]] std::string node_name_of(const release::wire::Json& data);

[[nodiscard]] bool is_finished(const ReleaseLine& release);
/// Number of the batch started last, 0 before the first; of an older control by its ordinal.
[[nodiscard]] int started_number(const ReleaseLine& release);

/// Node rows by status; taken from the rows where there are any, else from the counters.
struct Tally {
    int total = 0, pending = 0, running = 0, success = 0, failed = 0, skipped = 0, deferred = 0,
        cancelled = 0;
    [[nodiscard]] int finished() const { return total - pending - running; }
};
[[nodiscard]] Tally tally(const BatchLine& batch);
[[nodiscard]] Tally tally(const ReleaseLine& release);
/// "3 running, 1 failed": what is there besides successes and waiting ones; may be empty.
[[nodiscard]] std::string remarks(const Tally& tally);

}  // namespace edgeroll::cli
