// What is removed below AGENT_ROOT, and what never is.
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
/// the live one, the applied one, the one before it, or one of an unfinished task.
[[nodiscard]] std::vector<release::Version> versions_to_remove(
    const std::vector<release::Version>& present, const apply::Book& book,
    std::optional<release::Version> live, int keep);

/// The version folders that are there, ascending.
Result<std::vector<release::Version>> present_versions(Files& files);

/// Renamed away first, so that a version folder is whole for as long as it exists.
Result<void> remove_versions(Files& files, const std::vector<release::Version>& versions);

/// Everything below staging/; payloads below tasks/ that are not among `needed`. For the start,
/// when nothing runs.
Result<void> remove_leftovers(Files& files, const std::set<std::string>& needed);

}  // namespace edgeroll::agent
