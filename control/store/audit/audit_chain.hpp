// The hash chain of the audit log: what the hash of a row covers, with and without a key. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::control {

/// A row of audit_log, as its columns hold it.
struct AuditRow {
    std::int64_t id = 0;  ///< 1, 2, … without gaps: the number of rows ever added
    std::string at;       ///< UTC, `YYYY-MM-DD HH:MM:SS.mmm`
    std::string actor, remote, action, object;
    std::string detail;  ///< text of a JSON object
    std::string prev_hash, hash;
};

/// prev_hash of the first row.
inline constexpr const char* audit_beginning =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// AUDIT_KEY_FILE: one key per line. The first key signs; the others only verify, so that rows from
/// before a key change can be checked.
class AuditKeys {
  public:
    /// Skips blank lines and lines that begin with `#`. Error: no key, more than 16 keys, or a key
    /// shorter than 32 bytes. Its text follows the setting's name and contains no key.
    [[nodiscard]] static release::Result<AuditKeys> parse(std::string_view text);

    /// The id that rows name: 16 hex digits that reveal nothing about the key.
    [[nodiscard]] const std::string& own_id() const { return keys_.front().id; }
    /// Nothing for an unknown id.
    [[nodiscard]] const std::string* find(std::string_view id) const;

  private:
    struct Key {
        std::string id, secret;
    };
    std::vector<Key> keys_;
};

/// Expected `hash` of the row: SHA-256 in hex, or `key id:HMAC-SHA-256 in hex` with keys.
[[nodiscard]] std::string audit_hash(const AuditRow& row, const AuditKeys* keys);

/// Empty for a row without a key.
[[nodiscard]] std::string_view key_id_of(std::string_view hash);

enum class HashVerdict { right, wrong, unknown_key };
[[nodiscard]] HashVerdict judge_hash(const AuditRow& row, const AuditKeys* keys);

/// The end of the chain, in the form that is also kept outside of the database.
struct AuditHead {
    std::int64_t count = 0;
    std::string hash = audit_beginning;
};
/// `COUNT:HASH`, without blanks.
[[nodiscard]] std::string to_text(const AuditHead& head);
[[nodiscard]] release::Result<AuditHead> parse_audit_head(std::string_view text);

}  // namespace edgeroll::control
