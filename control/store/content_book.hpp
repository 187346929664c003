// The content of a version: its digest, and whether the row says the truth about it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "control/core/ports.hpp"
#include "control/store/db/connection.hpp"
#include "release/ids.hpp"
#include "release/model.hpp"

namespace edgeroll::control {

struct ContentReading {
    release::Content content;
    std::optional<std::string> problem;  ///< a payload or a digest that cannot be used
    bool lacks_digest = false;           ///< config_versions.sha256 is to be filled in
};

/// Parsing 8 MiB at every renewal would be a waste, and longer than a short lease on a slow
/// machine: what was verified once in this process is remembered by version and digest (a content
/// is immutable once used, and agents compute the digest themselves). Thread-safe.
class ContentBook {
  public:
    /// @param type what the content is for: apply_config needs files, other types any JSON object
    [[nodiscard]] ContentReading read(Connection& connection, release::Version version,
                                      release::TaskType type);
    /// Fills in the digest where it is still NULL.
    static void fill_in(Connection& connection, release::Version version,
                        const std::string& digest);
    /// See Store::payload. A payload that cannot be read has an empty digest: it fits no release.
    [[nodiscard]] std::optional<Store::Payload> payload(Connection& connection,
                                                        release::Version version,
                                                        release::TaskType type);

  private:
    [[nodiscard]] bool is_verified(release::Version version, const std::string& digest);
    void remember(release::Version version, const std::string& digest);

    std::mutex mutex_;
    std::map<std::int64_t, std::string> verified_;
};

}  // namespace edgeroll::control
