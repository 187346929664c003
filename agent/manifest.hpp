// What a version folder held when it was written, so that the agent can tell later whether it
// still does: templates are filled in there, so the content alone does not say it.
//
// One file per version, `manifests/<version>.json`, written beside the staged folder and moved with
// it. Versions that an older agent applied have none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/ports.hpp"
#include "release/ids.hpp"

namespace edgeroll::agent {

struct ManifestFile {
    std::string path;  ///< below the version folder
    int mode = 0;      ///< permissions only
    std::int64_t size = 0;
    std::string sha256;  ///< of the bytes on disk, lower-case hex
    friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

struct Manifest {
    std::string content_sha256;  ///< content digest of what was dispatched
    /// Digest of the node's facts that its templates contain (wire::facts_digest); empty: it has no
    /// template.
    std::string facts_sha256;
    std::vector<ManifestFile> files;  ///< ascending by path, the agent's own files too
    friend bool operator==(const Manifest&, const Manifest&) = default;
};

[[nodiscard]] std::string write_manifest(const Manifest& manifest);
/// Nothing: this is no manifest of this program.
[[nodiscard]] std::optional<Manifest> parse_manifest(std::string_view text);

/// Blocking, like all functions here; any thread.
Result<void> keep_staged_manifest(Files& files, release::Version version, const Manifest& manifest);
/// Makes the staged manifest that of the version; fine without one (the step is repeated).
Result<void> move_staged_manifest(Files& files, release::Version version);
Result<void> remove_staged_manifest(Files& files, release::Version version);
/// The text for parse_manifest; nothing: there is none.
Result<std::optional<std::string>> read_manifest(Files& files, release::Version version);
/// Removes the manifests of versions that are not in `present`.
Result<void> prune_manifests(Files& files, const std::vector<release::Version>& present);

}  // namespace edgeroll::agent
