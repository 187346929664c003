#include "agent/live_inspection.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/kept_contents.hpp"
#include "agent/layout.hpp"
#include "agent/live_link.hpp"
#include "agent/manifest.hpp"
#include "release/crypto/sha256.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::agent {
namespace {

using release::Version;

constexpr Millis all_each{3'600'000};
constexpr std::size_t entries_more = 10'000;       ///< that others may have added
constexpr std::size_t file_bytes_max = 64U << 20;  ///< twice what a template may become

// The agent's own, which no content contains.
bool is_own_file(std::string_view path) {
    return path == "edgeroll-version" || path == "edgeroll-version.conf";
}

struct OfContent {
    std::optional<Manifest> manifest;
    bool is_final = false;  ///< another look at the content would tell no more
};

/// As far as the content tells it: without templates its files are on the disk as they were sent.
OfContent manifest_of_content(Files& files, Version version, const std::string& sha256) {
    if (sha256.empty()) return {};
    const auto text =
        files.read_file(content_path(version, sha256), release::wire::dispatch_bytes_max);
    if (!text || !*text) return {};
    const auto payload = release::wire::parse_payload(**text);
    if (!payload || release::wire::content_digest(*payload) != sha256) return {};
    Manifest manifest{sha256, {}, {}};
    constexpr int by_others = 0002;  // as stage_version
    for (const release::wire::File& file : payload->files) {
        if (file.is_template) return {std::nullopt, true};
        manifest.files.push_back({file.path, file.mode & ~by_others,
                                  static_cast<std::int64_t>(file.content.size()),
                                  release::sha256_hex(file.content)});
    }
    return {std::move(manifest), true};
}

/// Enough for every file and folder of the manifest, and for what others may have added.
std::size_t entries_of(const Manifest& manifest) {
    std::set<std::string_view> folders;
    for (const ManifestFile& file : manifest.files) {
        const std::string_view path = file.path;
        for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1))
            folders.insert(path.substr(0, slash));
    }
    return manifest.files.size() + folders.size() + entries_more;
}

}  // namespace

struct LiveInspector::Comparison {
    std::string folder;
    const Manifest& manifest;
    std::vector<FoundFile> found;
    std::string difference;  ///< the first one; empty: none
    std::string trouble;     ///< a file could not be read
    release::Sha256 digest;  ///< of what was found
    void differs(const std::string& path, const char* how) {
        if (difference.empty()) difference = path + " " + how;
    }
};

const Manifest* LiveInspector::manifest_of(Version version, const std::string& applied_sha256) {
    auto text = read_manifest(files_, version);
    if (text && *text) {
        if (cached_.source != **text) cached_ = {**text, parse_manifest(**text), true};
        if (cached_.manifest) return &*cached_.manifest;
    }
    std::string source = std::to_string(version.value) + " " + applied_sha256;
    // A content is kept a moment after its task has ended.
    if (cached_.source != source || !cached_.is_final) {
        OfContent made = manifest_of_content(files_, version, applied_sha256);
        cached_ = {std::move(source), std::move(made.manifest), made.is_final};
    }
    return cached_.manifest ? &*cached_.manifest : nullptr;
}

Result<std::string> LiveInspector::digest_of(const FoundFile& file, bool looks_again) {
    const auto known = known_.find(file.path);
    if (!looks_again && known != known_.end() && known->second.stamp == file.stamp) {
        return known->second.sha256;
    }
    const auto bytes = files_.read_file(file.path, file_bytes_max);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!*bytes) return release::fail(files_.absolute(file.path) + " is no longer there");
    std::string sha256 = release::sha256_hex(**bytes);
    known_[file.path] = {file.stamp, sha256};
    return sha256;
}

void LiveInspector::compare(Comparison& comparison, bool looks_again) {
    // Not where the manifest was made of the content.
    const bool has_own_files =
        std::ranges::any_of(comparison.manifest.files, is_own_file, &ManifestFile::path);
    auto wanted = comparison.manifest.files.begin();
    const auto end = comparison.manifest.files.end();
    for (const FoundFile& file : comparison.found) {
        const std::string path = file.path.substr(comparison.folder.size() + 1);
        for (; wanted != end && wanted->path < path; ++wanted)
            comparison.differs(wanted->path, "is missing");
        const bool is_wanted = wanted != end && wanted->path == path;
        if (!is_wanted && !has_own_files && is_own_file(path)) continue;
        // Of another size it is another file, however large.
        const bool may_be_same = is_wanted && file.is_regular && file.stamp.size == wanted->size;
        std::string sha256;
        if (may_be_same) {
            auto digest = digest_of(file, looks_again);
            if (!digest) {
                comparison.trouble = digest.error().message;
                return;
            }
            sha256 = std::move(*digest);
        }
        comparison.digest.add(path + "\n" + std::to_string(file.mode) + "\n" +
                              std::to_string(file.stamp.size) + "\n" + sha256 + "\n");
        if (!is_wanted) {
            comparison.differs(path, "was added");
            continue;
        }
        if (!file.is_regular) {
            comparison.differs(path, "is no regular file any more");
        } else if (sha256 != wanted->sha256) {
            comparison.differs(path, "was changed");
        } else if (file.mode != wanted->mode) {
            comparison.differs(path, "has another mode");
        }
        ++wanted;
    }
    for (; wanted != end; ++wanted)
        comparison.differs(wanted->path, "is missing");
}

LiveFinding LiveInspector::look(const std::string& applied_sha256, release::Instant now) {
    LiveFinding finding;
    const auto live = read_live(files_);
    if (!live || (live->named && !live->version)) {
        finding.is_whole = false;
        finding.remark = live ? "live points to version " + std::to_string(live->named->value) +
                                    ", whose folder is not there"
                              : live.error().message;
        return finding;
    }
    if (!live->version) return finding;
    finding.version = live->version;
    const Manifest* const manifest = manifest_of(*live->version, applied_sha256);
    if (manifest == nullptr) {
        finding.remark = "nothing says how the files of version " +
                         std::to_string(live->version->value) +
                         " were written: an older agent applied it, or its manifest is damaged";
        return finding;
    }
    Comparison comparison{layout::version_folder(*live->version), *manifest, {}, {}, {}, {}};
    finding.facts_sha256 = manifest->facts_sha256;
    auto found = files_.find_files(comparison.folder, entries_of(*manifest));
    if (!found) {
        finding.remark = found.error().message;
        return finding;
    }
    comparison.found = std::move(*found);
    std::ranges::sort(comparison.found, {}, &FoundFile::path);
    const bool looks_again = !has_looked_ || now - all_looked_at_ >= all_each;
    if (looks_again) {
        known_.clear();  // of earlier versions too
        all_looked_at_ = now;
        has_looked_ = true;
    }
    compare(comparison, looks_again);
    if (!comparison.trouble.empty()) {
        finding.remark = comparison.trouble;
        return finding;
    }
    finding.is_whole = comparison.difference.empty();
    finding.remark = comparison.difference;
    finding.sha256 = *finding.is_whole ? manifest->content_sha256 : comparison.digest.finish();
    return finding;
}

}  // namespace edgeroll::agent
