// What the steps of a task need to know of it, as values: they run on another thread.
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
    std::string payload_sha256;  ///< of types other than apply_config; empty: an empty payload
    std::size_t job_index = 0;   ///< run_job: which one a step is about
    std::string node_name, node_ip;
    release::Labels labels;
    std::optional<release::Version> previous;  ///< what is put back
    std::optional<release::Version> live;      ///< what `live` points to when the step begins
    std::optional<apply::StepName> failed;     ///< for the rollback hook
};

/// How the step verify takes its time (agent/verify.hpp). Tests have less of it.
struct VerifyPace {
    release::Millis pause{50};          ///< between two questions to the URL
    release::Millis steady_for{300};    ///< so long the URL must answer the version
    release::Millis repeat_for{5'000};  ///< so long a failing command is repeated without a URL
};

/// The node's own settings about what runs on it (docs/contract.md section 2). Empty: none.
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
