// The agent protocol's bodies (SPEC.md section 5), both directions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/conversation.hpp"
#include "release/model.hpp"
#include "release/result.hpp"
#include "release/states.hpp"

namespace edgeroll::release::wire {

/// POST /tasks/dispatch. Fields that agents written elsewhere do not know are left out when empty.
struct Dispatch {
    std::string task_id;
    std::string type = "apply_config";
    Version version;
    std::string payload;            ///< JSON text, inserted as it is
    std::string sha256;             ///< empty: not given
    std::optional<Millis> timeout;  ///< timeoutSec
    std::optional<Epoch> epoch;
    std::string node_name, node_ip;  ///< sent as "node":{"name","ip"} for templates
    Labels labels;
};

[[nodiscard]] std::string write_dispatch(const Dispatch& dispatch);
/// The same with this payload instead of dispatch.payload, which is not looked at: the payload of a
/// release is shared by all its nodes and copied once, into the body.
[[nodiscard]] std::string write_dispatch(const Dispatch& dispatch, std::string_view payload);
/// Agent side. Refuses what is malformed; unknown keys are ignored (a newer control may send more).
[[nodiscard]] Result<Dispatch> read_dispatch(std::string_view body);

/// One step of a task, as `steps` lists it.
struct TaskStep {
    std::string name;
    TaskStatus status = TaskStatus::pending;
    std::string started_at, finished_at;  ///< RFC 3339, Z; empty: not yet
    std::optional<int> exit_code;
    std::string output;  ///< tail, at most 4 KiB
};

struct TaskReport {
    std::string task_id, type = "apply_config";
    Version version;
    TaskStatus status = TaskStatus::pending;
    int progress = 0;
    std::string last_error, created_at, started_at, finished_at;
    std::vector<TaskStep> steps;
};

/// `data` of GET /tasks/{id}, in its envelope.
[[nodiscard]] std::string write_task_report(const TaskReport& report);
/// `data:{taskId,status}` of dispatch and cancel, in its envelope.
[[nodiscard]] std::string write_task_status(const std::string& task_id, TaskStatus status);

/// Control side: what an HTTP answer of an agent means. Never fails: what cannot be understood is
/// Heard::nonsense. Tolerates missing optional fields (two-call agents); `steps` is kept as JSON
/// text of at most 64 KiB with bad UTF-8 replaced, lastError is cut at 4 KiB. Checks that `taskId`,
/// where given, is the one asked for. Only 404 with code 3001 is unknown_task (SPEC.md section 5).
[[nodiscard]] Answer read_answer(int http_status, std::string_view body,
                                 const std::string& task_id);

}  // namespace edgeroll::release::wire
