// The chain of the audit log: what a row's hash covers, with a key and without. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::control {

/// A row of audit_log, as its columns hold it.
struct AuditRow {
    std::int64_t id = 0;  ///< 1, 2, … without gaps: how many rows there have been
    std::string at;       ///< UTC, `YYYY-MM-DD HH:MM:SS.mmm`
    std::string actor, remote, action, object;
    std::string detail;  ///< text of a JSON object
    std::string prev_hash, hash;
};

/// In prev_hash of the first row.
inline constexpr const char* audit_beginning =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// AUDIT_KEY_FILE: a key a line. The first one signs; the others are only known, so that rows from
/// before a change of keys can be checked.
class AuditKeys {
  public:
    /// Blank lines and those that begin with `#` are left out. Error: no key, more than 16, or one
    /// that is shorter than 32 bytes; it follows the setting's name in words, and holds no key.
    [[nodiscard]] static release::Result<AuditKeys> parse(std::string_view text);

    /// By which rows name the key: 16 hex digits that tell nothing about it.
    [[nodiscard]] const std::string& own_id() const { return keys_.front().id; }
    /// Nothing for an id that is none of theirs.
    [[nodiscard]] const std::string* find(std::string_view id) const;

  private:
    struct Key {
        std::string id, secret;
    };
    std::vector<Key> keys_;
};

/// What `hash` of the row must be: SHA-256 in hex, or `key id:HMAC-SHA-256 in hex` with keys.
[[nodiscard]] std::string audit_hash(const AuditRow& row, const AuditKeys* keys);

/// Empty for a row without a key.
[[nodiscard]] std::string_view key_id_of(std::string_view hash);

enum class HashVerdict { right, wrong, unknown_key };
[[nodiscard]] HashVerdict judge_hash(const AuditRow& row, const AuditKeys* keys);

/// How far the chain goes: what is kept elsewhere.
struct AuditHead {
    std::int64_t count = 0;
    std::string hash = audit_beginning;
};
/// `COUNT:HASH`, a word.
[[nodiscard]] std::string to_text(const AuditHead& head);
[[nodiscard]] release::Result<AuditHead> parse_audit_head(std::string_view text);

}  // namespace edgeroll::control
