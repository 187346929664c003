// Reads a task's content from disk, checks it, and writes it as a version folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/manifest.hpp"
#include "agent/ports.hpp"
#include "agent/task.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::agent {

using Remarks = std::vector<std::string>;

/// The payload as accepted; the digest is verified, since the payload was on disk.
Result<release::wire::Payload> load_payload(Files& files, const Task& task);

struct StageOptions {
    std::optional<unsigned> secret_group;  ///< AGENT_SECRET_GROUP; nothing: not set
};

struct Staged {
    Remarks remarks;    ///< on the files' paths (release/path_remarks.hpp)
    Manifest manifest;  ///< of what was written
};

/// Writes the files, `edgeroll-version` and `edgeroll-version.conf` to the staged folder, templates
/// filled in, secrets with their group, all fsynced. Removes earlier content of the folder. Stops
/// early when interrupted.
Result<Staged> stage_version(Files& files, const Task& task, const StageOptions& options,
                             const Interrupt& interrupt);

}  // namespace edgeroll::agent
