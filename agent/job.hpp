// The programs of AGENT_JOBS_DIR that a run_job task may name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/descriptor.hpp"
#include "agent/ports.hpp"
#include "agent/task.hpp"
#include "release/wire/task_payload.hpp"

namespace edgeroll::agent {

/// A checked and opened program. The open file is executed, so that the program cannot be replaced
/// between the check and the start.
struct JobProgram {
    Descriptor file;
    bool is_script = false;  ///< starts with "#!": its interpreter opens it again
};

/// Opens AGENT_JOBS_DIR/<job.name> and checks it and the folders above (agent/trusted_files.hpp),
/// and its digest if the job has one. Blocking; stops early when interrupted. Errors name the file
/// and the cure.
Result<JobProgram> open_job(const std::string& folder, const release::wire::Job& job,
                            const Interrupt& interrupt);

/// The task's payload as JSON text; the digest is verified, since the payload was on disk.
Result<std::string> load_task_payload(Files& files, const Task& task);

/// The job of the current step.
Result<release::wire::Job> load_job(Files& files, const Task& task);

}  // namespace edgeroll::agent
