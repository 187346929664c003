// Finds paths in a configuration whose meaning changes once edgeroll delivers it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::release {

/// AGENT_ROOT if no other value is known.
inline constexpr std::string_view usual_agent_root = "/var/lib/edgeroll-agent";

/// One sentence for each finding, beginning with the file and the line; in the order of the text,
/// at most ten for a file. These are remarks, not errors: each of them is valid in some setup.
/// - nginx's `root` and `alias` with a relative path: resolved below the server's prefix, not in
///   the version.
/// - An absolute path through `live` for anything but `root` and `alias`: the check reads it before
///   the switch, so it checks the files of the previous version.
/// - An absolute path into one version's folder or the staged folder: it keeps pointing there.
/// @param file its path in the version, for the sentence
/// @param root AGENT_ROOT
[[nodiscard]] std::vector<std::string> path_remarks(std::string_view file, std::string_view text,
                                                    std::string_view root = usual_agent_root);

}  // namespace edgeroll::release
