// Decides what is removed below AGENT_ROOT.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/apply/journal_codec.hpp"
#include "agent/ports.hpp"
#include "release/ids.hpp"

namespace edgeroll::agent {

/// Versions to remove: those whose tasks all failed, and the lowest beyond `keep` old ones; never
/// the live or applied version, the one before it, or the version of an unfinished task.
[[nodiscard]] std::vector<release::Version> versions_to_remove(
    const std::vector<release::Version>& present, const apply::Book& book,
    std::optional<release::Version> live, int keep);

/// The existing version folders, ascending.
Result<std::vector<release::Version>> present_versions(Files& files);

/// Renames each folder first, so that a version folder is complete for as long as it exists.
Result<void> remove_versions(Files& files, const std::vector<release::Version>& versions);

/// Removes everything below staging/, and payloads below tasks/, except what `needed` names: paths
/// below AGENT_ROOT, and names of payloads. Only at the start, when no task runs.
Result<void> remove_leftovers(Files& files, const std::set<std::string>& needed);

}  // namespace edgeroll::agent
