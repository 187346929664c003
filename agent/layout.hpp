// Paths below AGENT_ROOT (docs/contract.md section 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "release/ids.hpp"

namespace edgeroll::agent::layout {

inline constexpr const char* live = "live";  ///< link to versions/<version>
inline constexpr const char* versions = "versions";
inline constexpr const char* staging = "staging";
inline constexpr const char* tasks = "tasks";
inline constexpr const char* contents = "contents";
inline constexpr const char* manifests = "manifests";

/// Always complete: only a finished folder is renamed to this path, and it is renamed away before
/// it is removed. Also the target of `live`: relative, so that the root may be moved.
[[nodiscard]] inline std::string version_folder(release::Version version) {
    return "versions/" + std::to_string(version.value);
}
[[nodiscard]] inline std::string staged_folder(release::Version version) {
    return "staging/" + std::to_string(version.value);
}
[[nodiscard]] inline std::string task_file(const std::string& name) {
    return "tasks/" + name;
}

/// Parses a version from a folder's name; nothing for any other name.
[[nodiscard]] std::optional<release::Version> version_from(std::string_view name);
/// Parses a version from a target of `live`.
[[nodiscard]] std::optional<release::Version> version_from_target(std::string_view target);

}  // namespace edgeroll::agent::layout
