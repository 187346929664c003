// Patterns for files of a folder: --template, --secret, .edgerollignore.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::cli {

/// Whether `glob` (fnmatch) means the file: with a slash it is matched against the relative path,
/// without one against the file's name.
[[nodiscard]] bool matches(const std::string& glob, std::string_view path);

/// Whether one of them does.
[[nodiscard]] bool matches_any(const std::vector<std::string>& globs, std::string_view path);

}  // namespace edgeroll::cli
