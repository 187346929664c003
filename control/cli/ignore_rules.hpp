// What of a folder is no part of the configuration: .git, and what .edgerollignore names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/api_client.hpp"

namespace edgeroll::cli {

/// At the top of the folder; one deeper is a file as any other.
inline constexpr std::string_view ignore_file = ".edgerollignore";
inline constexpr std::size_t ignore_file_bytes_max = 64U << 10;

/// One line of .edgerollignore: a part of what .gitignore can say.
struct IgnoreRule {
    std::string glob;              ///< as `matches` takes it
    bool is_top_only = false;      ///< "/name": of the folder itself only
    bool is_folders_only = false;  ///< "name/"
};

/// The rules of a .edgerollignore; blank lines and lines with # are none. Refused, with the number
/// of the line: what .gitignore understands otherwise (`!`, `**`), and what could match nothing.
[[nodiscard]] Answer<std::vector<IgnoreRule>> parse_ignore_rules(std::string_view text);

/// Whether a rule means this entry. What lies below a folder that is left out is not asked about.
/// @param path relative to the folder that is pushed
[[nodiscard]] bool is_ignored(const std::vector<IgnoreRule>& rules, std::string_view path,
                              bool is_folder);

/// `.git` at any depth: a folder, or the file that worktrees and submodules have.
[[nodiscard]] bool is_git(std::string_view path);

/// What was left out. A folder counts as one, whatever it holds.
struct LeftOut {
    std::size_t files = 0, folders = 0;  ///< by .edgerollignore
    bool has_git = false;
};

/// "left out: 3 files, 1 folder by .edgerollignore, .git"; empty: nothing was.
[[nodiscard]] std::string told(const LeftOut& left_out);

}  // namespace edgeroll::cli
