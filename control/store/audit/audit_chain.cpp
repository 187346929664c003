#include "control/store/audit/audit_chain.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "release/crypto/hmac.hpp"
#include "release/crypto/sha256.hpp"
#include "release/text/digits.hpp"
#include "release/text/key_lines.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t keys_max = 16, key_bytes_min = 32, key_id_digits = 16;

/// Each field is preceded by its length, so that two different rows never have the same text.
std::string canonical(const AuditRow& row) {
    std::string text = "edgeroll audit 1\n";
    for (const std::string& field : {std::to_string(row.id), row.at, row.actor, row.remote,
                                     row.action, row.object, row.detail, row.prev_hash}) {
        text += std::to_string(field.size()) + ":" + field + ",";
    }
    return text;
}

std::string signed_hash(const AuditRow& row, std::string_view id, std::string_view secret) {
    return std::string(id) + ":" + release::hex_of(release::hmac_sha256(secret, canonical(row)));
}

}  // namespace

release::Result<AuditKeys> AuditKeys::parse(std::string_view text) {
    AuditKeys keys;
    for (const std::string_view line : release::key_lines(text)) {
        if (line.size() < key_bytes_min) {
            return release::fail(
                "has a key of less than 32 characters: make one with openssl rand -hex 32");
        }
        const std::string id = release::hex_of(release::hmac_sha256(line, "id of an audit key"))
                                   .substr(0, key_id_digits);
        keys.keys_.push_back(Key{id, std::string(line)});
    }
    if (keys.keys_.empty())
        return release::fail("holds no key: make one with openssl rand -hex 32");
    if (keys.keys_.size() > keys_max) return release::fail("holds more than 16 keys");
    return keys;
}

const std::string* AuditKeys::find(std::string_view id) const {
    for (const Key& key : keys_) {
        if (key.id == id) return &key.secret;
    }
    return nullptr;
}

std::string audit_hash(const AuditRow& row, const AuditKeys* keys) {
    if (keys == nullptr) return release::sha256_hex(canonical(row));
    return signed_hash(row, keys->own_id(), *keys->find(keys->own_id()));
}

std::string_view key_id_of(std::string_view hash) {
    const auto colon = hash.find(':');
    return colon == hash.npos ? std::string_view() : hash.substr(0, colon);
}

HashVerdict judge_hash(const AuditRow& row, const AuditKeys* keys) {
    const auto verdict = [&](const std::string& expected) {
        return release::is_equal_in_constant_time(row.hash, expected) ? HashVerdict::right
                                                                      : HashVerdict::wrong;
    };
    if (row.hash.find(':') == std::string::npos) return verdict(audit_hash(row, nullptr));
    const std::string_view id = key_id_of(row.hash);
    const std::string* const secret = keys == nullptr ? nullptr : keys->find(id);
    if (secret == nullptr) return HashVerdict::unknown_key;
    return verdict(signed_hash(row, id, *secret));
}

std::string to_text(const AuditHead& head) {
    return std::to_string(head.count) + ":" + head.hash;
}

release::Result<AuditHead> parse_audit_head(std::string_view text) {
    AuditHead head;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), head.count);
    const auto length = static_cast<std::size_t>(end - text.data());
    const bool is_number = error == std::errc() && head.count >= 0;
    std::string_view hash = is_number ? text.substr(length) : std::string_view();
    if (!hash.empty() && hash.front() == ':') {
        hash.remove_prefix(1);
        head.hash = release::lower_hex(std::string(hash));
        const std::string_view digits =
            hash.find(':') == hash.npos ? hash : hash.substr(hash.find(':') + 1);
        if (release::is_sha256_hex(digits)) return head;
    }
    return release::fail("'" + release::cut_utf8(text, 40) +
                             "' is no head: it must be COUNT:HASH, as audit verify prints it",
                         release::Outcome::permanent, release::code::invalid);
}

}  // namespace edgeroll::control
