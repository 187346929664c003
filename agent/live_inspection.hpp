// What really lies below `live` (docs/contract.md 5.1): operators edit files, disks lose them, and
// what edgeroll believes of a node is no more than what it once wrote there.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "agent/manifest.hpp"
#include "agent/ports.hpp"
#include "release/ids.hpp"
#include "release/time.hpp"

namespace edgeroll::agent {

struct LiveFinding {
    std::optional<release::Version> version;  ///< that `live` points to, if its folder exists
    /// The content's digest where every file is as it was written; else the digest of what is there
    /// (found_digest), or nothing where that cannot be read or compared.
    std::optional<std::string> sha256;
    std::optional<bool> is_whole;  ///< nothing: there is nothing to compare with, or to read
    std::string remark;            ///< the first difference, or why there is no answer; else empty
    std::string facts_sha256;      ///< Manifest::facts_sha256
};

/// Remembers the digests of files whose stamp has not changed. One call at a time; blocking.
class LiveInspector {
  public:
    explicit LiveInspector(Files& files) : files_(files) {}

    /// Looks at every file again when its size or time has changed, and at all of them an hour
    /// after the last time. @param applied_sha256 the content believed to be applied: it stands in
    /// for the manifest of a version that an older agent applied, unless it has templates.
    [[nodiscard]] LiveFinding look(const std::string& applied_sha256, release::Instant now);

  private:
    struct Known {
        FileStamp stamp;
        std::string sha256;
    };
    struct Comparison;

    [[nodiscard]] const Manifest* manifest_of(release::Version version,
                                              const std::string& applied_sha256);
    [[nodiscard]] Result<std::string> digest_of(const FoundFile& file, bool looks_again);
    void compare(Comparison& comparison, bool looks_again);

    Files& files_;
    std::map<std::string, Known> known_;  ///< by path below AGENT_ROOT
    /// The manifest read last, parsed once for each text.
    struct Cached {
        std::string source;  ///< its text, or the version and digest of a content
        std::optional<Manifest> manifest;
        bool is_final = false;
    };
    Cached cached_;
    release::Instant all_looked_at_{};
    bool has_looked_ = false;
};

}  // namespace edgeroll::agent
