// GET /state of an agent: what the node really has (docs/contract.md 5.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/fleet/observation.hpp"
#include "release/ids.hpp"
#include "release/result.hpp"
#include "release/states.hpp"

namespace edgeroll::release::wire {

struct LastTask {
    std::string task_id;
    Version version;
    TaskStatus status = TaskStatus::success;
    std::string finished_at;  ///< RFC 3339
};

/// Older agents tell the first three and the agent's version only.
struct NodeState {
    std::optional<Version> applied_version;
    std::string sha256;  ///< of what the agent believes to be applied; empty: nothing
    std::vector<Version> versions;
    std::string agent_version;
    /// Digest of what lies below `live` now: the content's own while every file is as it was
    /// written. Nothing: there is nothing, or it cannot be told.
    std::optional<std::string> live_sha256;
    std::optional<bool> live_is_whole;  ///< every file is as it was written; nothing: not known
    std::string live_remark;            ///< the first difference, or why nothing is known
    std::string facts_sha256;           ///< of the facts that its templates contain (facts_digest)
    std::string capabilities;           ///< as Answer::capabilities; empty: an older agent
    std::optional<std::string> evidence;  ///< of the live content, as TaskReport::evidence
    std::string boot_id;                  ///< another one after a reboot of the host
    std::optional<std::int64_t> disk_free_bytes;
    int queue = 0;  ///< tasks that wait or run
    std::optional<LastTask> last_task;
};

/// `data` of GET /state, in its envelope.
[[nodiscard]] std::string write_node_state(const NodeState& state);

/// Control side. Error: this is no state of an agent. Fields that are absent, or of another type
/// than they should be, count as not known: an agent may lie in any way.
[[nodiscard]] Result<NodeState> read_node_state(int http_status, std::string_view body);

/// What of it control keeps.
[[nodiscard]] Observation observation_of(const NodeState& state);

}  // namespace edgeroll::release::wire
