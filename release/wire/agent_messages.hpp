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
    std::string payload;  ///< JSON text, inserted unchanged
    /// Only the digests are sent (apply_config only, `sha256` given, `payload` left out): an agent
    /// that does not hold the content answers 409 with code 3001. So does an agent that is sent no
    /// `contentSha256`: `sha256` alone may name two contents.
    bool is_by_reference = false;
    std::string sha256;          ///< of the payload, by either rule (older controls know only one)
    std::string content_sha256;  ///< of the payload: content_digest; empty: an older control
    std::string order_id;        ///< of the release; empty: from a control without orders
    std::optional<Millis> timeout;  ///< timeoutSec
    std::optional<Epoch> epoch;
    /// Sent as "node":{"name","ip"} for templates; at most 1020 and 255 bytes.
    std::string node_name, node_ip;
    Labels labels;           ///< at most 1000, with 64 KiB of names and values together
    bool is_forced = false;  ///< "force": a banned content is accepted anyway
    /// "repair": if the content is applied already, the agent looks whether it still lies there as
    /// it was written, and writes it again where it does not.
    bool is_repair = false;
    /// Content digests, at most 100: replace the agent's list of bans. Absent: unchanged.
    std::optional<std::vector<std::string>> banned;
};

[[nodiscard]] std::string write_dispatch(const Dispatch& dispatch);
/// The same with this payload; dispatch.payload is ignored. All nodes of a release share one
/// payload, which is copied only once, into the body.
[[nodiscard]] std::string write_dispatch(const Dispatch& dispatch, std::string_view payload);
/// Agent side. Refuses malformed messages and unknown types; ignores unknown keys (a newer control
/// may send more).
[[nodiscard]] Result<Dispatch> read_dispatch(std::string_view body);

/// One step of a task, as `steps` lists it.
struct TaskStep {
    std::string name;
    TaskStatus status = TaskStatus::pending;
    std::string started_at, finished_at;  ///< RFC 3339, Z; empty: not yet
    std::optional<int> exit_code;
    std::string output;  ///< at most 64 KiB: a longer output is cut in its middle
};

struct TaskReport {
    std::string task_id;
    TaskType type = TaskType::apply_config;
    Version version;
    std::string sha256;    ///< of the payload, computed by the agent; empty: no content
    std::string order_id;  ///< empty: the dispatch had none
    TaskStatus status = TaskStatus::pending;
    int progress = 0;
    std::string last_error, created_at, started_at, finished_at;
    std::vector<TaskStep> steps;
    /// Words of release/node_evidence.hpp with commas between them; nothing: it is not known.
    std::optional<std::string> evidence{};
};

/// `data` of GET /tasks/{id}, in its envelope.
[[nodiscard]] std::string write_task_report(const TaskReport& report);
/// `data` of dispatch and cancel, in its envelope: the task's identity and its status.
[[nodiscard]] std::string write_task_status(const TaskReport& report);

/// Control side: the meaning of an agent's HTTP answer. Never fails: an answer that cannot be
/// parsed is Heard::nonsense. Tolerates missing optional fields (two-call agents); `steps` is kept
/// as JSON text of at most 64 KiB with bad UTF-8 replaced, lastError keeps 4 KiB of its two ends.
/// Checks that `taskId`, if given, is the requested task; the other fields about the task are in
/// Answer::about. Only 404 with code 3001 is unknown_task (docs/contract.md section 5); 409 with
/// that code is lacks_content, 409 with code 3002 used_id. A failed task whose first failed step is
/// validate or check is not curable: the same content fails there again.
[[nodiscard]] Answer read_answer(int http_status, std::string_view body,
                                 const std::string& task_id);

/// The capabilities of an agent of this version that an older agent lacks: words in ascending
/// order, separated by commas. Sent in `capabilities` of every answer about a task or a content.
inline constexpr std::string_view agent_capabilities = "repair,secrets";
/// Keeps secret files as docs/contract.md 5.9 requires. An agent without this word is sent no
/// secrets.
inline constexpr std::string_view keeps_secrets = "secrets";
/// Obeys Dispatch::is_repair. An agent without this word calls its own content done unseen.
inline constexpr std::string_view repairs = "repair";
/// Whether the list contains the word.
[[nodiscard]] bool has_capability(std::string_view capabilities, std::string_view word);

/// `data:{held,contentSha256,capabilities}` of GET /contents/{sha256}, in its envelope: whether a
/// dispatch by reference to this content (content_digest) would succeed.
[[nodiscard]] std::string write_content_held(bool is_held, const std::string& content_sha256);
struct ContentHeld {
    bool is_held = false;
    std::string capabilities;  ///< as Answer::capabilities
};
/// Nothing: an agent without that call (any 404), an answer that cannot be parsed, or an answer
/// that does not name the digest: an older agent, which does not distinguish templates from literal
/// text.
[[nodiscard]] std::optional<ContentHeld> read_content_held(int http_status, std::string_view body,
                                                           std::string_view content_sha256);

}  // namespace edgeroll::release::wire
