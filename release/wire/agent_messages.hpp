// The agent protocol's bodies (docs/contract.md section 5), both directions.
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
    TaskType type = TaskType::apply_config;
    Version version;
    std::string payload;  ///< JSON text, inserted as it is
    /// Only the digests travel (apply_config only, `sha256` given, `payload` left out): an agent
    /// that does not hold the content answers 409 with code 3001. So does one that is not told
    /// `contentSha256`: `sha256` alone may stand for two contents.
    bool is_by_reference = false;
    std::string sha256;          ///< of the payload, by either rule (older controls know one only)
    std::string content_sha256;  ///< of the payload: content_digest; empty: an older control
    std::string order_id;        ///< of the release; empty: from a control that gives none
    std::optional<Millis> timeout;  ///< timeoutSec
    std::optional<Epoch> epoch;
    /// Sent as "node":{"name","ip"} for templates; at most 1020 and 255 bytes.
    std::string node_name, node_ip;
    Labels labels;           ///< at most 1000, with 64 KiB of names and values together
    bool is_forced = false;  ///< "force": a banned content is taken all the same
    /// Content digests, at most 100: replaces what the agent holds as banned. Absent: unchanged.
    std::optional<std::vector<std::string>> banned;
};

[[nodiscard]] std::string write_dispatch(const Dispatch& dispatch);
/// The same with this payload instead of dispatch.payload, which is not looked at: the payload of a
/// release is shared by all its nodes and copied once, into the body.
[[nodiscard]] std::string write_dispatch(const Dispatch& dispatch, std::string_view payload);
/// Agent side. Refuses what is malformed or of an unknown type; unknown keys are ignored (a newer
/// control may send more).
[[nodiscard]] Result<Dispatch> read_dispatch(std::string_view body);

/// One step of a task, as `steps` lists it.
struct TaskStep {
    std::string name;
    TaskStatus status = TaskStatus::pending;
    std::string started_at, finished_at;  ///< RFC 3339, Z; empty: not yet
    std::optional<int> exit_code;
    std::string output;  ///< at most 64 KiB: what is longer is cut in its middle
};

struct TaskReport {
    std::string task_id;
    TaskType type = TaskType::apply_config;
    Version version;
    std::string sha256;    ///< of the payload, computed by the agent; empty: nothing in it
    std::string order_id;  ///< empty: the dispatch had none
    TaskStatus status = TaskStatus::pending;
    int progress = 0;
    std::string last_error, created_at, started_at, finished_at;
    std::vector<TaskStep> steps;
};

/// `data` of GET /tasks/{id}, in its envelope.
[[nodiscard]] std::string write_task_report(const TaskReport& report);
/// `data` of dispatch and cancel, in its envelope: which task it is and its status.
[[nodiscard]] std::string write_task_status(const TaskReport& report);

/// Control side: what an HTTP answer of an agent means. Never fails: what cannot be understood is
/// Heard::nonsense. Tolerates missing optional fields (two-call agents); `steps` is kept as JSON
/// text of at most 64 KiB with bad UTF-8 replaced, lastError keeps 4 KiB of its two ends. Checks
/// that `taskId`, where given, is the one asked for; what else it says of the task is in
/// Answer::about. Only 404 with code 3001 is unknown_task (docs/contract.md section 5); 409 with
/// that code is lacks_content, 409 with code 3002 used_id. A failed task whose first failed step is
/// validate or check is not curable: the same content fails there again.
[[nodiscard]] Answer read_answer(int http_status, std::string_view body,
                                 const std::string& task_id);

/// What an agent of this version can do that an older one cannot: words, ascending, with commas
/// between them. Told in `capabilities` of every answer about a task or a content.
inline constexpr std::string_view agent_capabilities = "secrets";
/// Keeps secret files as docs/contract.md 5.9 asks. Without this word it is sent none.
inline constexpr std::string_view keeps_secrets = "secrets";
/// Whether the list has the word.
[[nodiscard]] bool has_capability(std::string_view capabilities, std::string_view word);

/// `data:{held,contentSha256,capabilities}` of GET /contents/{sha256}, in its envelope: whether a
/// dispatch by reference to this content (content_digest) would find it.
[[nodiscard]] std::string write_content_held(bool is_held, const std::string& content_sha256);
struct ContentHeld {
    bool is_held = false;
    std::string capabilities;  ///< as Answer::capabilities
};
/// Nothing: an agent without that call (any 404), an answer that is none, or one that does not name
/// the digest: an older agent, which does not tell templates from literal text.
[[nodiscard]] std::optional<ContentHeld> read_content_held(int http_status, std::string_view body,
                                                           std::string_view content_sha256);

}  // namespace edgeroll::release::wire
