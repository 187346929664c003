// The contents of kept versions, as they were dispatched: so that a dispatch may name one by its
// digest. The version folders will not do for that: templates are filled in there.
//
// One file a version, `contents/<version>-<digest>.json`: its name says all there is to know, so
// that nothing must be kept in step with it, and it is removed together with its version.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/apply/journal_codec.hpp"
#include "agent/ports.hpp"
#include "release/ids.hpp"

namespace edgeroll::agent {

/// Whether a content of this digest is here. Blocking, like all of these; any thread.
Result<bool> is_content_held(Files& files, const std::string& sha256);

/// The payload with this digest, which is computed again: it has been on a disk. One that is
/// damaged is removed and counts as absent.
Result<std::optional<std::string>> read_content(Files& files, const std::string& sha256);

/// A file of this folder, by what its name says.
struct KeptContent {
    release::Version version;
    std::string sha256;
    std::string path;
};
Result<std::vector<KeptContent>> kept_contents(Files& files);
/// Where the content of a version with that digest is kept.
[[nodiscard]] std::string content_path(release::Version version, const std::string& sha256);

/// Moves a task's payload here, in one step.
Result<void> keep_content(Files& files, const std::string& payload_file, release::Version version,
                          const std::string& sha256);

/// Whether a finished task's content is one to keep: it was a success, or it is what `live` points
/// to all the same, since it could not be put back. What is secret in it must be known.
[[nodiscard]] bool is_in_force(const apply::Course& course, release::Version version,
                               std::optional<release::Version> live);

/// What a crash between a task's end and its keep_content left below tasks/.
Result<void> keep_left_contents(Files& files, const apply::Book& book,
                                std::optional<release::Version> live);

/// Removes the contents of versions that are not among `present`.
Result<void> prune_contents(Files& files, const std::vector<release::Version>& present);

}  // namespace edgeroll::agent
