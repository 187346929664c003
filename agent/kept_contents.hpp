// Keeps the contents of kept versions as they were dispatched, so that a dispatch may refer to
// one by its digest. The version folders cannot serve for that: templates are filled in there.
//
// One file per version, `contents/<version>-<digest>.json`: the name holds all there is to know,
// so nothing else must be kept consistent with it. It is removed together with its version.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/apply/journal_codec.hpp"
#include "agent/ports.hpp"
#include "release/ids.hpp"

namespace edgeroll::agent {

/// Whether a content with this digest is kept. Blocking, like all functions here; any thread.
Result<bool> is_content_held(Files& files, const std::string& sha256);

/// The payload with this digest, which is verified, since the file was on disk. A damaged file is
/// removed and counts as absent.
Result<std::optional<std::string>> read_content(Files& files, const std::string& sha256);

/// A file of this folder, parsed from its name.
struct KeptContent {
    release::Version version;
    std::string sha256;
    std::string path;
};
Result<std::vector<KeptContent>> kept_contents(Files& files);
/// The path of the content of a version with that digest.
[[nodiscard]] std::string content_path(release::Version version, const std::string& sha256);

/// Moves a task's payload here, in one step.
Result<void> keep_content(Files& files, const std::string& payload_file, release::Version version,
                          const std::string& sha256);

/// Whether a finished task's content must be kept: the task succeeded, or `live` still points to
/// its version because it could not be put back, and its secrets must be known.
[[nodiscard]] bool is_in_force(const apply::Course& course, release::Version version,
                               std::optional<release::Version> live);

/// Keeps contents that a crash between a task's end and keep_content left below tasks/.
Result<void> keep_left_contents(Files& files, const apply::Book& book,
                                std::optional<release::Version> live);

/// Removes the contents of versions that are not in `present`.
Result<void> prune_contents(Files& files, const std::vector<release::Version>& present);

}  // namespace edgeroll::agent
