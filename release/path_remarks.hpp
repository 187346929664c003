// Paths in a configuration that do not mean what they seem to once edgeroll delivers it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::release {

/// AGENT_ROOT where nothing else is known.
inline constexpr std::string_view usual_agent_root = "/var/lib/edgeroll-agent";

/// One sentence each, which begins with the file and the line; in the order of the text, at most
/// ten of a file. Remarks, no errors: all of it is good configuration somewhere.
/// - nginx's `root` and `alias` with a relative path: looked up below the server's prefix, not in
///   the version.
/// - An absolute path through `live` for anything but `root` and `alias`: the check reads it before
///   the switch, so it judges the files of the version before.
/// - An absolute path into one version's folder or the staged one: it goes on meaning that one.
/// @param file its path in the version, for the sentence
/// @param root AGENT_ROOT
[[nodiscard]] std::vector<std::string> path_remarks(std::string_view file, std::string_view text,
                                                    std::string_view root = usual_agent_root);

}  // namespace edgeroll::release
