// The commands of the command line, one struct each.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "release/actions.hpp"

namespace edgeroll::cli {

struct ReleaseList {
    std::string status, type, created_by, q, sort;  ///< empty: not given
    int page = 1, page_size = 20;
};
struct ReleaseShow {
    std::int64_t id = 0;
    bool has_steps = false;
    std::string node{};  ///< with the steps: only this node's, by name or id; empty: all
};
struct ReleaseWatch {
    std::int64_t id = 0;
    double give_up_after_sec = 0;  ///< how long control may be unreachable; 0: no limit
};

/// Options that fill batch_config (docs/contract.md section 6). The parser checked their form;
/// options not given are empty.
struct BatchOptions {
    std::string config;  ///< --batch-config: JSON, a file name, or - for standard input
    std::optional<int> batch_size, batch_percent, max_parallel, failure_threshold,
        max_batch_fail_rate, retries;
    std::optional<double> interval_sec;
    std::string batches;          ///< "1,5%,20%,rest"
    std::string max_unreachable;  ///< "3" or "5%"
    std::string on_failure;
    std::vector<std::string> labels;            ///< "region=eu"
    std::vector<std::string> nodes;             ///< names or addresses
    std::vector<std::string> max_parallel_per;  ///< "region=2"
    bool has_pause_after_batch = false;
};

/// `release create`; as a dry run also `release plan`.
struct ReleaseCreate {
    std::int64_t version = 0, from_release = 0;  ///< 0: not given
    std::string type, reason, not_before, callback_url, plan_sha256, idempotency_key;
    bool is_reload_only = false, is_superseding = false, is_forced = false;
    bool is_dry_run = false, is_watched = false;
    BatchOptions batch;
    /// Global options as given, for the command line that `plan` prints.
    std::vector<std::string> global_options;
};

using release::Steering;

/// `release pause|continue|stop|retry|rollback`
struct ReleaseSteer {
    Steering action = Steering::pause;
    std::int64_t id = 0;
    std::string reason;
    std::vector<std::string> nodes;  ///< retry: ids or names; empty: all allowed nodes
    bool is_forced = false;          ///< stop (then needs a reason) and rollback
    bool is_confirmed = false;       ///< --yes
    bool is_dry_run = false;         ///< rollback: only shows the plan
    bool is_abort = false;           ///< rollback: of a release that still runs
    bool is_fast = false;            ///< rollback: without limits on nodes that run at once
};
struct ReleaseLimit {
    std::int64_t id = 0;
    std::string max_parallel;                   ///< a number or "none"; empty: unchanged
    std::vector<std::string> max_parallel_per;  ///< "region=2", or just "none"; empty: unchanged
    std::string reason;
};
struct ReleaseWait {
    std::int64_t id = 0;
    std::string goal = "done";  ///< "done", "success", "paused" or "batch:N"
    double timeout_sec = 0;     ///< 0: none
};
struct ReleaseEvents {
    std::int64_t id = 0, after = 0;
    bool is_followed = false;
};
struct ReleaseExplain {
    std::int64_t id = 0;
};

struct ConfigPush {
    std::string path;
    std::int64_t version = 0;
    std::string note;
    std::vector<std::string> templates, secrets{};  ///< globs
    bool follows_links = false;
    bool allows_plain_keys = false;
};
struct NodeList {
    bool is_drift_only = false;
};
struct NodeAdd {
    std::string name, ip, fingerprint;
    int port = 8443;
    std::map<std::string, std::string> labels;
};
/// `ban add|list|remove`
struct BanAdd {
    std::int64_t version = 0;  ///< 0: not given; else without sha256
    std::string sha256, reason;
};
struct BanList {
    int page = 1, page_size = 20;
};
struct BanRemove {
    std::string sha256;
};
struct ReconciliationShow {};
struct ReconciliationContinue {
    std::string reason;  ///< empty: not given
};
struct AuditList {
    std::string actor, action, object, since;  ///< empty: not given
    int page = 1, page_size = 20;
};
struct Stats {};

using Command =
    std::variant<ReleaseList, ReleaseShow, ReleaseWatch, ReleaseCreate, ReleaseSteer, ReleaseLimit,
                 ReleaseWait, ReleaseEvents, ReleaseExplain, ConfigPush, NodeList, NodeAdd, BanAdd,
                 BanList, BanRemove, ReconciliationShow, ReconciliationContinue, AuditList, Stats>;

}  // namespace edgeroll::cli
