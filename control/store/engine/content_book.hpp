// The content of a version: its digest, and whether the row's digest is correct.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "control/core/ports.hpp"
#include "control/secrets/secret_keys.hpp"
#include "control/store/db/connection.hpp"
#include "release/ids.hpp"
#include "release/model.hpp"

namespace edgeroll::control {

/// Changes to write when a release uses a content for the first time.
struct FirstUse {
    release::Version version;
    std::string sha256;                       ///< the new name of the content
    std::string older_sha256;                 ///< by the rule without templates
    std::shared_ptr<const std::string> text;  ///< set: config_versions.sha256 is to be filled in
    /// Set: replaces the payload; its secrets are sealed.
    std::shared_ptr<const std::string> sealed_text{};
    bool is_renamed = false;   ///< rows still have older_sha256
    bool is_unmarked = false;  ///< config_versions.used_at is to be set
    [[nodiscard]] bool is_needed() const { return text || is_renamed || is_unmarked; }
};

struct ContentReading {
    release::Content content;
    /// As in FirstUse; the content's digest where both are equal.
    std::string older_sha256;
    std::optional<std::string> problem;  ///< an unusable payload or digest
    /// The problem is that this process cannot open the secrets.
    bool is_closed = false;
    std::string loose;  ///< why no release of it may begin (PayloadDigests)
    FirstUse first_use;
};

/// Parsing 8 MiB at every renewal would be wasteful, and on a slow machine longer than a short
/// lease: contents verified by this process are remembered by version and digest (a content is
/// immutable once used, and agents compute the digest themselves). Thread-safe.
class ContentBook {
  public:
    /// @param secrets opens and seals secret files; nothing: contents with secrets are refused
    explicit ContentBook(std::shared_ptr<const SecretKeyring> secrets = {})
        : secrets_(std::move(secrets)) {}

    /// @param type task type of the content: apply_config needs files, other types any JSON object
    [[nodiscard]] ContentReading read(Connection& connection, release::Version version,
                                      release::TaskType type);
    /// See Store::payload: the digests belong to the returned text, whatever was read before. An
    /// unreadable payload has an empty digest, which fits no release. Also seals secrets that were
    /// stored in plain text in the meantime.
    [[nodiscard]] std::optional<Store::Payload> payload(Connection& connection,
                                                        release::Version version,
                                                        release::TaskType type);

  private:
    struct Verified {
        std::string sha256, older_sha256;
        std::string text_sha256;  ///< of the payload as it is stored
        std::string loose;
        bool has_secrets = false;
    };
    [[nodiscard]] std::shared_ptr<const SecretKeys> keys() const;
    [[nodiscard]] std::optional<Verified> verified(release::Version version);
    void remember(release::Version version, Verified what);
    /// Inserts its secrets into the payload's text.
    /// @param is_open the row holds them unsealed
    void open(Connection& connection, release::Version version, Store::Payload& payload,
              bool is_open);

    std::shared_ptr<const SecretKeyring> secrets_;
    std::mutex mutex_;
    std::map<std::int64_t, Verified> verified_;
};

/// In one transaction. A digest is filled in only where the row still has the verified text, so
/// that no row gets the digest of another content; the same holds for sealing. Digests by the older
/// rule are replaced in the content's row, in its releases and in the nodes that have it.
void write_first_use(Connection& connection, const FirstUse& use);

}  // namespace edgeroll::control
