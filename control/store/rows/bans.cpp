#include "control/store/rows/bans.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "control/store/rows/column_text.hpp"
#include "release/text/digits.hpp"
#include "release/wire/content.hpp"

namespace edgeroll::control {
namespace {

constexpr std::int64_t rule_that_sees_templates = 2;

std::string upper_hex(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

/// Whether a payload may have templates: parsing 8 MiB without templates would be wasteful, since
/// this runs inside transactions. The key may be spelled with escapes.
bool may_have_templates(std::string_view payload) {
    return payload.find("template") != payload.npos || payload.find("\\u00") != payload.npos;
}

}  // namespace

std::optional<ContentNames> names_of(Connection& connection, release::Version version) {
    const Rows rows = connection.query(
        "SELECT payload, sha256 FROM config_versions WHERE version = ?", {version.value});
    if (rows.empty()) return std::nullopt;
    const std::string payload = rows[0].text(0);
    const std::string stored = release::lower_hex(rows[0].text(1));
    if (!stored.empty() && !may_have_templates(payload)) return ContentNames{stored, {}};
    const auto kind = release::wire::read_stored_content(payload);
    if (!kind) return std::nullopt;
    ContentNames names;
    const bool is_settled =
        stored.empty() || stored == kind->sha256 || stored == kind->plain_sha256;
    names.sha256 = is_settled ? kind->sha256 : stored;
    if (is_settled && kind->plain_sha256 != kind->sha256) names.older_sha256 = kind->plain_sha256;
    return names;
}

std::optional<Ban> find_ban(Connection& connection, const ContentNames& content) {
    // Without a second name the first is repeated: an empty text must match no row.
    const std::string& older = content.older_sha256.empty() ? content.sha256 : content.older_sha256;
    const Rows rows = connection.query(
        "SELECT sha256, reason FROM banned_contents WHERE sha256 IN (?, ?) OR (sha256 IN (?, ?) "
        "AND "
        "digest_rule IS NULL) ORDER BY sha256 LIMIT 1",
        {content.sha256, upper_hex(content.sha256), older, upper_hex(older)});
    if (rows.empty()) return std::nullopt;
    return Ban{rows[0].text(0), rows[0].text(1)};
}

bool add_ban(Connection& connection, const std::string& sha256, bool is_exact,
             const std::string& reason, const std::string& actor) {
    const std::int64_t added = connection.execute(
        connection.dialect().insert_ignore() +
            "banned_contents (sha256, reason, created_by, digest_rule) VALUES (?, ?, ?, ?)",
        {sha256, fitted(reason), fitted(actor, word_bytes_max),
         is_exact ? Value{rule_that_sees_templates} : Value{}});
    return added > 0;
}

std::vector<std::string> newest_bans(Connection& connection) {
    constexpr const char* told_max = "100";
    std::vector<std::string> bans;
    for (const Row& row : connection.query(
             "SELECT sha256 FROM banned_contents WHERE LENGTH(sha256) = 64 ORDER BY created_at "
             "DESC, sha256 LIMIT " +
             std::string(told_max))) {
        std::string digest = release::lower_hex(row.text(0));
        const bool is_new = std::find(bans.begin(), bans.end(), digest) == bans.end();
        if (is_new && release::is_sha256_hex(digest)) bans.push_back(std::move(digest));
    }
    return bans;
}

}  // namespace edgeroll::control
