// A task's content: read back from disk, checked, and written out as a version folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/ports.hpp"
#include "agent/task.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::agent {

using Remarks = std::vector<std::string>;

/// The payload as it was accepted; its digest is computed again, since it has been on a disk.
Result<release::wire::Payload> load_payload(Files& files, const Task& task);

struct StageOptions {
    std::optional<unsigned> secret_group;  ///< AGENT_SECRET_GROUP; nothing: it is not set
};

/// Writes the files, `edgeroll-version` and `edgeroll-version.conf` to the staged folder, templates
/// filled in, secrets with their group, all fsynced. What stood there before is removed. Stops
/// early when interrupted. Gives what is remarkable about the files' paths
/// (release/path_remarks.hpp).
Result<Remarks> stage_version(Files& files, const Task& task, const StageOptions& options,
                              const Interrupt& interrupt);

}  // namespace edgeroll::agent
