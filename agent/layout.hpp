// Where things are below AGENT_ROOT (docs/contract.md section 2).
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

/// Whole by construction: only a finished folder is ever renamed to this, and it is renamed away
/// before it is removed. Also what `live` points to: relative, so that the root may be moved.
[[nodiscard]] inline std::string version_folder(release::Version version) {
    return "versions/" + std::to_string(version.value);
}
[[nodiscard]] inline std::string staged_folder(release::Version version) {
    return "staging/" + std::to_string(version.value);
}
[[nodiscard]] inline std::string task_file(const std::string& name) {
    return "tasks/" + name;
}

/// The version a folder's name stands for; nothing for any other name.
[[nodiscard]] std::optional<release::Version> version_from(std::string_view name);
/// The version that a target of `live` stands for.
[[nodiscard]] std::optional<release::Version> version_from_target(std::string_view target);

}  // namespace edgeroll::agent::layout
