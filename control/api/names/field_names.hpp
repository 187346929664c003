// Names of the API's JSON fields, for their writers (control/api) and readers (control/cli).
// docs/contract.md section 7 lists the meaning of each field.
#pragma once

/// Fields of answers, and of requests with the same spelling.
namespace edgeroll::field {

inline constexpr const char* action = "action";
inline constexpr const char* actions = "actions";
inline constexpr const char* actor = "actor";
inline constexpr const char* agent_port = "agentPort";
inline constexpr const char* agent_task_id = "agentTaskId";
inline constexpr const char* agents = "agents";
inline constexpr const char* applied_sha256 = "appliedSha256";
inline constexpr const char* applied_version = "appliedVersion";
inline constexpr const char* at = "at";
inline constexpr const char* attempt = "attempt";
inline constexpr const char* bans = "bans";
inline constexpr const char* batch = "batch";
inline constexpr const char* batch_config = "batchConfig";
inline constexpr const char* batch_status = "batchStatus";
inline constexpr const char* batches = "batches";
inline constexpr const char* blocked = "blocked";
inline constexpr const char* busy_share = "busyShare";
inline constexpr const char* bytes = "bytes";
inline constexpr const char* callback_url = "callbackUrl";
inline constexpr const char* cancelled_nodes = "cancelledNodes";
inline constexpr const char* cert_fingerprint = "certFingerprint";
inline constexpr const char* code = "code";
inline constexpr const char* command = "command";
inline constexpr const char* config_version = "configVersion";
inline constexpr const char* count = "count";
inline constexpr const char* created_at = "createdAt";
inline constexpr const char* created_by = "createdBy";
inline constexpr const char* current_batch = "currentBatch";
inline constexpr const char* data = "data";
inline constexpr const char* deferred_nodes = "deferredNodes";
inline constexpr const char* detail = "detail";
inline constexpr const char* due = "due";
inline constexpr const char* effect = "effect";
inline constexpr const char* enabled = "enabled";
inline constexpr const char* error_msg = "errorMsg";
inline constexpr const char* errors_by_kind = "errorsByKind";
inline constexpr const char* exit_code = "exitCode";
inline constexpr const char* failed_by_kind = "failedByKind";
inline constexpr const char* failed_nodes = "failedNodes";
inline constexpr const char* failure_kind = "failureKind";
inline constexpr const char* files = "files";
inline constexpr const char* finished_at = "finishedAt";
inline constexpr const char* baked_at = "bakedAt";
inline constexpr const char* force = "force";
inline constexpr const char* from_release = "fromRelease";
inline constexpr const char* has_drift = "hasDrift";
inline constexpr const char* hash = "hash";
inline constexpr const char* hold_reason = "holdReason";
inline constexpr const char* id = "id";
inline constexpr const char* in_flight = "inFlight";
inline constexpr const char* items = "items";
inline constexpr const char* kind = "kind";
inline constexpr const char* labels = "labels";
inline constexpr const char* last_error = "lastError";
inline constexpr const char* last_seen_at = "lastSeenAt";
inline constexpr const char* left_alone = "leftAlone";
inline constexpr const char* left_alone_reasons = "leftAloneReasons";
inline constexpr const char* left_out = "leftOut";
inline constexpr const char* left_out_reasons = "leftOutReasons";
inline constexpr const char* limits = "limits";
inline constexpr const char* main_ip = "mainIp";
inline constexpr const char* max = "max";
inline constexpr const char* max_parallel = "maxParallel";
inline constexpr const char* max_parallel_per = "maxParallelPer";
inline constexpr const char* mean_ms = "meanMs";
inline constexpr const char* message = "message";
inline constexpr const char* name = "name";
inline constexpr const char* next_steps = "nextSteps";
inline constexpr const char* node_id = "nodeId";
inline constexpr const char* node_ids = "nodeIds";
inline constexpr const char* node_name = "nodeName";
inline constexpr const char* nodes = "nodes";
inline constexpr const char* note = "note";
inline constexpr const char* object = "object";
inline constexpr const char* obstacle = "obstacle";
inline constexpr const char* outcome = "outcome";
inline constexpr const char* output = "output";
inline constexpr const char* p50_ms = "p50Ms";
inline constexpr const char* p95_ms = "p95Ms";
inline constexpr const char* page = "page";
inline constexpr const char* page_size = "pageSize";
inline constexpr const char* payload = "payload";
inline constexpr const char* pending = "pending";
inline constexpr const char* plan_sha256 = "planSha256";
inline constexpr const char* prev_hash = "prevHash";
inline constexpr const char* progress = "progress";
inline constexpr const char* queue = "queue";
inline constexpr const char* queued_sec = "queuedSec";
inline constexpr const char* reason = "reason";
inline constexpr const char* reason_kind = "reasonKind";
inline constexpr const char* release_id = "releaseId";
inline constexpr const char* releases = "releases";
inline constexpr const char* reload_only = "reloadOnly";
inline constexpr const char* remote = "remote";
inline constexpr const char* requested_action = "requestedAction";
inline constexpr const char* requests = "requests";
inline constexpr const char* rollback = "rollback";
inline constexpr const char* rolled_back_by = "rolledBackBy";
inline constexpr const char* rolls_back = "rollsBack";
inline constexpr const char* running = "running";
inline constexpr const char* sha256 = "sha256";
inline constexpr const char* since = "since";
inline constexpr const char* size = "size";
inline constexpr const char* skipped_nodes = "skippedNodes";
inline constexpr const char* slots = "slots";
inline constexpr const char* started_at = "startedAt";
inline constexpr const char* started_batch = "startedBatch";
inline constexpr const char* status = "status";
inline constexpr const char* steps = "steps";
inline constexpr const char* success_nodes = "successNodes";
inline constexpr const char* supersede = "supersede";
inline constexpr const char* superseded = "superseded";
inline constexpr const char* target = "target";
inline constexpr const char* text = "text";
inline constexpr const char* to100_sec = "to100Sec";
inline constexpr const char* to50_sec = "to50Sec";
inline constexpr const char* to90_sec = "to90Sec";
inline constexpr const char* total = "total";
inline constexpr const char* total_batches = "totalBatches";
inline constexpr const char* total_nodes = "totalNodes";
inline constexpr const char* troubled = "troubled";
inline constexpr const char* type = "type";
inline constexpr const char* until = "until";
inline constexpr const char* updated_at = "updatedAt";
inline constexpr const char* version = "version";
inline constexpr const char* waited_sec = "waitedSec";
inline constexpr const char* waiting_for = "waitingFor";
inline constexpr const char* waived_failures = "waivedFailures";
inline constexpr const char* wanted_sha256 = "wantedSha256";
inline constexpr const char* wanted_version = "wantedVersion";
inline constexpr const char* without_secrets = "withoutSecrets";
inline constexpr const char* worked_sec = "workedSec";

}  // namespace edgeroll::field

/// Fields of requests.
namespace edgeroll::request_field {

inline constexpr const char* batch_config = "batch_config";
inline constexpr const char* callback_url = "callback_url";
inline constexpr const char* dry_run = "dry_run";
inline constexpr const char* failure_threshold = "failure_threshold";
inline constexpr const char* from_release = "from_release";
inline constexpr const char* max_batch_fail_rate = "max_batch_fail_rate";
inline constexpr const char* max_parallel = "max_parallel";
inline constexpr const char* max_parallel_per = "max_parallel_per";
inline constexpr const char* max_unreachable = "max_unreachable";
inline constexpr const char* not_before = "not_before";
inline constexpr const char* reload_only = "reload_only";

}  // namespace edgeroll::request_field
