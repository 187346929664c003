// A folder as a payload (SPEC.md section 5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/cli/api_client.hpp"

namespace edgeroll::cli {

/// Whether `glob` (fnmatch) means the file: with a slash it is matched against the relative path,
/// without one against the file's name.
[[nodiscard]] bool matches(const std::string& glob, std::string_view path);

/// Every regular file below `folder` with its relative path and permission bits; text as UTF-8,
/// anything else as base64. Refused, with the file's name: links, special files, names that are not
/// UTF-8, set-uid and similar bits, a glob that matches nothing, and more than 8 MiB as JSON (with
/// the sizes). Files are read once, in the order of their paths.
[[nodiscard]] Answer<std::string> payload_from_folder(const std::string& folder,
                                                      const std::vector<std::string>& globs);

/// The text of a payload file; refused when it cannot be read or is over 8 MiB.
[[nodiscard]] Answer<std::string> payload_from_file(const std::string& path);

}  // namespace edgeroll::cli
