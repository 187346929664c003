// SECRETS_KEY_FILE: the keys that seal secret files in the database.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::control {

/// Why a content with secret files is refused without a key.
inline constexpr const char* no_secret_keys =
    "it has secret files, and SECRETS_KEY_FILE is not set for edgeroll-control: point it to a file "
    "with a key (openssl rand -hex 32)";

/// One key per line. The first one seals; the others only open, so that keys can be exchanged while
/// processes run (docs/security.md).
class SecretKeys {
  public:
    /// 64 hex digits each; blank lines and lines that begin with `#` are skipped. Error: no key,
    /// more than 16, or an invalid line; in words that follow the setting's name, without any key.
    [[nodiscard]] static release::Result<SecretKeys> parse(std::string_view text);

    /// The key id stored with a sealed secret: 16 hex digits that reveal nothing about the key.
    [[nodiscard]] const std::string& own_id() const { return keys_.front().id; }
    [[nodiscard]] const std::string& own_key() const { return keys_.front().key; }
    /// The key with this id, 32 bytes; nothing for an unknown id.
    [[nodiscard]] const std::string* find(std::string_view id) const;
    [[nodiscard]] std::size_t size() const { return keys_.size(); }
    friend bool operator==(const SecretKeys&, const SecretKeys&) = default;

  private:
    struct Key {
        std::string id, key;
        friend bool operator==(const Key&, const Key&) = default;
    };
    std::vector<Key> keys_;
};

/// The current keys: the file may be replaced while the program runs. Thread-safe.
class SecretKeyring {
  public:
    SecretKeyring() = default;
    explicit SecretKeyring(std::shared_ptr<const SecretKeys> keys) : keys_(std::move(keys)) {}

    /// Nothing: there are no keys.
    [[nodiscard]] std::shared_ptr<const SecretKeys> keys() const {
        const std::lock_guard lock(mutex_);
        return keys_;
    }
    void replace(std::shared_ptr<const SecretKeys> keys) {
        const std::lock_guard lock(mutex_);
        keys_ = std::move(keys);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const SecretKeys> keys_;
};

}  // namespace edgeroll::control
