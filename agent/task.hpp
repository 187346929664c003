// The values of a task that its steps need: they run on another thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent/apply/machine.hpp"
#include "release/ids.hpp"
#include "release/model.hpp"

namespace edgeroll::agent {

struct Task {
    std::string task_id;
    release::TaskType type = release::TaskType::apply_config;
    release::Version version;
    std::string sha256;          ///< empty: reload only, or another type
    std::string payload_file;    ///< below tasks/
    std::string payload_sha256;  ///< for types other than apply_config; empty: an empty payload
    std::size_t job_index = 0;   ///< run_job: index of the step's job
    std::string node_name, node_ip;
    release::Labels labels;
    std::optional<release::Version> previous;   ///< the version to put back
    std::optional<std::int64_t> staged_folder;  ///< Details::staged_folder
    std::optional<release::Version> live;       ///< the target of `live` when the step begins
    std::optional<apply::StepName> failed;      ///< for the rollback hook
};

/// Timing of the step verify (agent/verify.hpp). Tests use shorter times.
struct VerifyPace {
    release::Millis pause{50};          ///< between two requests to the URL
    release::Millis steady_for{300};    ///< how long the URL must answer the version
    release::Millis repeat_for{5'000};  ///< how long a failing command is repeated without a URL
};

/// The node's own settings for commands (docs/contract.md section 2). Empty: none.
struct CommandSettings {
    std::string check, reload, verify, verify_url, hooks_folder;
    std::string purge, jobs_folder;
    std::vector<std::string> job_variables;  ///< AGENT_JOB_ENV
    release::Millis timeout{60'000};         ///< of each command of an apply_config
    int niceness = 10;
    std::optional<unsigned> secret_group;  ///< id of AGENT_SECRET_GROUP
    VerifyPace verify_pace;
};

}  // namespace edgeroll::agent
