// One simulated agent: what it answers (docs/contract.md section 5). Nothing here waits or sends.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/bench/fleet/certificates.hpp"
#include "tests/bench/fleet/http_text.hpp"
#include "tests/bench/fleet/node_list.hpp"
#include "tests/bench/fleet/record.hpp"
#include "tests/bench/fleet/timers.hpp"

namespace edgeroll::bench {

enum class TaskState : std::uint8_t { running, success, failed, cancelled };

struct Task {
    std::string id;
    std::string order_id;
    std::string type;
    std::string sha256;
    std::int64_t version = 0;
    TaskState state = TaskState::running;
    std::int64_t begun_ns = 0;
    std::int64_t ended_ns = 0;
    bool will_fail = false;
};

struct Agent {
    NodeEntry node;
    CertificatePtr certificate;
    bool is_dark = false;
    /// Tasks of these versions fail at verify; `every_version` in it: all tasks.
    std::set<std::int64_t> failing_versions;
    std::map<std::string, Task> tasks;
    std::set<std::string> contents;  ///< digests
    std::int64_t applied_version = 0;
    std::string applied_sha256;
    std::vector<std::uint64_t> waiting;  ///< connections whose answer is held
    std::uint32_t rtt_ms = 0;
};
inline constexpr std::int64_t every_version = 0;

/// What follows from a request.
struct Reaction {
    std::optional<HttpReply> reply;  ///< nothing: the answer is held
    std::string held_task;
    Millis hold{0};
    std::string begun_task;  ///< ends after the time to apply
};

Reaction react(Agent& agent, const HttpRequest& request, Record& record);

/// The task's time to apply is over.
void end_task(Agent& agent, const std::string& task_id, Record& record);

/// The answer to a question about a known task. It is recorded as told.
HttpReply report_of(const Agent& agent, const std::string& task_id, Record& record);

HttpReply refusal(int status, int code, const std::string& message);

}  // namespace edgeroll::bench
