// The content of a version: its digest, and whether the row says the truth about it.
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

/// What is to be written down of a content when a release uses it for the first time.
struct FirstUse {
    release::Version version;
    std::string sha256;                       ///< what the content is called from now on
    std::string older_sha256;                 ///< by the rule that does not see templates
    std::shared_ptr<const std::string> text;  ///< set: config_versions.sha256 is to be filled in
    /// Set: the payload is to become this one, whose secrets are sealed.
    std::shared_ptr<const std::string> sealed_text{};
    bool is_renamed = false;   ///< rows still have older_sha256
    bool is_unmarked = false;  ///< config_versions.used_at is to be set
    [[nodiscard]] bool is_needed() const { return text || is_renamed || is_unmarked; }
};

struct ContentReading {
    release::Content content;
    std::string older_sha256;            ///< as FirstUse; that of the content where both are one
    std::optional<std::string> problem;  ///< a payload or a digest that cannot be used
    bool is_closed = false;              ///< the problem is that this process cannot open secrets
    std::string loose;                   ///< why nobody may begin to release it (PayloadDigests)
    FirstUse first_use;
};

/// Parsing 8 MiB at every renewal would be a waste, and longer than a short lease on a slow
/// machine: what was verified once in this process is remembered by version and digest (a content
/// is immutable once used, and agents compute the digest themselves). Thread-safe.
class ContentBook {
  public:
    /// @param secrets opens and seals secret files; nothing: contents that have some are refused
    explicit ContentBook(std::shared_ptr<const SecretKeyring> secrets = {})
        : secrets_(std::move(secrets)) {}

    /// @param type what the content is for: apply_config needs files, other types any JSON object
    [[nodiscard]] ContentReading read(Connection& connection, release::Version version,
                                      release::TaskType type);
    /// See Store::payload: the digests are of the text that is returned, whatever was read before.
    /// A payload that cannot be read has an empty digest: it fits no release. Secrets that somebody
    /// stored plainly meanwhile are sealed on the way.
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
    /// Puts its secrets into the payload's text. @param is_open they are not sealed in the row
    void open(Connection& connection, release::Version version, Store::Payload& payload,
              bool is_open);

    std::shared_ptr<const SecretKeyring> secrets_;
    std::mutex mutex_;
    std::map<std::int64_t, Verified> verified_;
};

/// In one transaction. A digest is filled in only where the row still has that very text, so that
/// no row is ever given the digest of another content, and the same holds for sealing; digests by
/// the older rule become the new one in the content's row, in its releases and in the nodes that
/// have it.
void write_first_use(Connection& connection, const FirstUse& use);

}  // namespace edgeroll::control
