// Patterns for files of a folder: --template, --secret, .edgerollignore.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::cli {

/// Whether `glob` (fnmatch) matches the file: by its relative path if the glob has a slash, else by
/// its name.
[[nodiscard]] bool matches(const std::string& glob, std::string_view path);

/// Whether any of them matches.
[[nodiscard]] bool matches_any(const std::vector<std::string>& globs, std::string_view path);

}  // namespace edgeroll::cli
