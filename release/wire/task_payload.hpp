// The rules for a dispatch's payload by type of task, and its digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "release/result.hpp"
#include "release/states.hpp"
#include "release/time.hpp"

namespace edgeroll::release::wire {

inline constexpr std::size_t jobs_max = 50;

/// One program of a `run_job` task: an executable of the node's own AGENT_JOBS_DIR. It runs without
/// a shell.
struct Job {
    std::string name;               ///< [A-Za-z0-9._-]+, at most 100 bytes, not starting with a dot
    std::vector<std::string> args;  ///< argv from 1 on; no NUL
    std::vector<std::pair<std::string, std::string>> env;  ///< ascending by name
    std::string sha256;             ///< of the executable, lower case; empty: not checked
    std::optional<Millis> timeout;  ///< timeoutSec; absent: the task's own time
};

/// Payload of `run_job`: `{"job","args"?,"env"?,"sha256"?,"timeoutSec"?}` or `{"flow":[…]}` with 1
/// to jobs_max of them, run in order. Refused (code 2002): unknown keys, illegal names, more than
/// 256 arguments or 64 variables, texts over 64 KiB or with a NUL, and variables by which a payload
/// could make a program run other code than its own: LD_*, PATH, EDGEROLL_*, HOME and those of
/// shells and interpreters (BASH_ENV, PYTHON*, …). The message names the job. Only the node knows
/// which other variables it allows: job_variable_fault.
[[nodiscard]] Result<std::vector<Job>> parse_jobs(std::string_view json_text);

/// A list of variables, comma-separated (AGENT_JOB_ENV). The error message follows the setting's
/// name.
[[nodiscard]] Result<std::vector<std::string>> parse_job_variables(std::string_view text);

/// The first variable that is neither `JOB_…` nor one of `allowed`, with its job and the cure;
/// nothing if there is none. Any other name may make some program run another program (TAR_OPTIONS,
/// GIT_SSH_COMMAND, …): no list of such names is complete.
[[nodiscard]] std::optional<std::string> job_variable_fault(
    const std::vector<Job>& jobs, const std::vector<std::string>& allowed);

/// A payload's digests, by the present rule and by the rule that ignores templates.
struct PayloadDigests {
    std::string content;       ///< content_digest; `contentSha256` of a dispatch, bans, the journal
    std::string plain;         ///< plain_digest; `sha256` of a dispatch
    std::string loose{};       ///< loose_file of an apply_config
    bool has_secrets = false;  ///< as ContentKind
    bool has_open_secrets = false;  ///< as ContentKind
    [[nodiscard]] bool is_empty() const { return content.empty(); }
    /// Whether that digest, by either rule, may belong to this payload.
    [[nodiscard]] bool fit(std::string_view digest) const {
        return digest == content || digest == plain;
    }
};

/// Checks a payload by its type and returns its digests: for apply_config those of the content; for
/// purge_cache (any JSON object) and run_job SHA-256 over the JSON without blanks, keys in byte
/// order. Empty for a payload without content (`{}`, `{"files":[]}`), the only payload of a reload.
[[nodiscard]] Result<PayloadDigests> payload_digests(TaskType type, std::string_view json_text);

/// The same for a row of config_versions (parse_stored_payload).
[[nodiscard]] Result<PayloadDigests> stored_payload_digests(TaskType type,
                                                            std::string_view json_text);

}  // namespace edgeroll::release::wire
