// Entries of a folder that are not part of the configuration: .git, and matches of .edgerollignore.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/api_client.hpp"

namespace edgeroll::cli {

/// Only at the top of the folder; deeper ones are ordinary files.
inline constexpr std::string_view ignore_file = ".edgerollignore";
inline constexpr std::size_t ignore_file_bytes_max = 64U << 10;

/// One line of .edgerollignore: a subset of .gitignore's syntax.
struct IgnoreRule {
    std::string glob;              ///< in the form that `matches` takes
    bool is_top_only = false;      ///< "/name": only at the top
    bool is_folders_only = false;  ///< "name/"
};

/// Parses a .edgerollignore; skips blank lines and lines with #. Refused, with the line number:
/// other syntax of .gitignore (`!`, `**`), and patterns that can match nothing.
[[nodiscard]] Answer<std::vector<IgnoreRule>> parse_ignore_rules(std::string_view text);

/// Whether a rule matches this entry. Not called for entries below an ignored folder.
/// @param path relative to the pushed folder
[[nodiscard]] bool is_ignored(const std::vector<IgnoreRule>& rules, std::string_view path,
                              bool is_folder);

/// `.git` at any depth: a folder, or the file in worktrees and submodules.
[[nodiscard]] bool is_git(std::string_view path);

/// Ignored entries. A folder counts as one, whatever it contains.
struct LeftOut {
    std::size_t files = 0, folders = 0;  ///< by .edgerollignore
    bool has_git = false;
};

/// "left out: 3 files, 1 folder by .edgerollignore, .git"; empty: nothing was.
[[nodiscard]] std::string told(const LeftOut& left_out);

}  // namespace edgeroll::cli
