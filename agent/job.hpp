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

/// A program that may be run: what was looked at is what is open, and that is what is executed, so
/// that nobody can put another file in its place between the look and the start.
struct JobProgram {
    Descriptor file;
    bool is_script = false;  ///< starts with "#!": its interpreter opens it once more
};

/// Opens AGENT_JOBS_DIR/<job.name> and checks it (agent/trusted_files.hpp, its folder and those
/// above too), and its digest where the job has one. Blocking; stops early when interrupted. Errors
/// name the file and the cure.
Result<JobProgram> open_job(const std::string& folder, const release::wire::Job& job,
                            const Interrupt& interrupt);

/// The task's payload as JSON text; its digest is computed again, since it has been on a disk.
Result<std::string> load_task_payload(Files& files, const Task& task);

/// The job that the step is about.
Result<release::wire::Job> load_job(Files& files, const Task& task);

}  // namespace edgeroll::agent
