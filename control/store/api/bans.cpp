#include "control/store/api/bans.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/store/api/page_size.hpp"
#include "control/store/audit/audit_log.hpp"
#include "control/store/rows/bans.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/naming.hpp"
#include "release/text/digits.hpp"
#include "release/wire/content.hpp"

namespace edgeroll::control {
namespace {

Columns<BanView> ban_columns(const Dialect& dialect) {
    return {
        {"sha256", into<&BanView::sha256>},
        {"reason", into<&BanView::reason>},
        {"created_by", into<&BanView::created_by>},
        {dialect.rfc3339("created_at"), into<&BanView::created_at>},
    };
}

/// As it is now, also if another session added or deleted it since this transaction began.
/// @param key as the row has it
std::optional<BanView> locked_ban(Connection& connection, const std::string& key) {
    return select_row(
        connection, ban_columns(connection.dialect()),
        std::string("FROM banned_contents WHERE sha256 = ?") + connection.dialect().for_update(),
        {key});
}

struct BanTarget {
    ContentNames names;
    bool is_exact = false;  ///< names.sha256 was computed by the rule with templates
};

/// A pipeline that changed the payload and left the digest would have another content banned.
void require_true_digest(Connection& connection, release::Version version) {
    const Rows rows = connection.query(
        "SELECT payload, sha256 FROM config_versions WHERE version = ?", {version.value});
    const std::string stored = rows.empty() ? "" : release::lower_hex(rows[0].text(1));
    if (stored.empty()) return;
    const auto kind = release::wire::read_stored_content(rows[0].text(0));
    if (kind && (stored == kind->sha256 || stored == kind->plain_sha256)) return;
    refuse(release::code::invalid, "the sha256 of " + name_of(version) +
                                       " in config_versions is not that of its payload: correct "
                                       "it, or ban a digest");
}

/// The rule of a digest that was typed is unknown: it bans by either, like a pipeline's.
BanTarget target_of(Connection& connection, const BanRequest& request) {
    if (!request.version) return {{request.sha256, {}}, false};
    auto names = names_of(connection, *request.version);
    if (names) {
        require_true_digest(connection, *request.version);
        return {std::move(*names), true};
    }
    const Rows there = connection.query("SELECT 1 FROM config_versions WHERE version = ?",
                                        {request.version->value});
    if (there.empty()) {
        refuse(release::code::not_found, name_of(*request.version) + " has no content");
    }
    refuse(release::code::invalid,
           "the content of " + name_of(*request.version) + " cannot be read: ban its digest");
}

void audit_ban(Connection& connection, const Asker& by, const char* action, const BanView& ban,
               release::wire::Json detail) {
    AuditDeed deed;
    deed.action = action;
    deed.object = "ban:" + fitted(ban.sha256, word_bytes_max - 4);
    detail["reason"] = audit_text(ban.reason);
    deed.detail = std::move(detail);
    append_audit(connection, by, deed);
}

/// A ban by version holds for that content only; a typed digest bans what fits by either rule.
/// False: it did so already.
bool widen(Connection& connection, const std::string& key) {
    return connection.execute(
               "UPDATE banned_contents SET digest_rule = NULL WHERE sha256 = ? AND digest_rule IS "
               "NOT NULL",
               {key}) == 1;
}

[[noreturn]] void refuse_unknown_ban(const std::string& sha256) {
    refuse(release::code::not_found, "there is no ban of " + fitted(sha256, word_bytes_max));
}

}  // namespace

BanPage list_bans(Connection& connection, int page, int page_size) {
    if (page < 1 || page_size < 1 || page_size > page_size_max) {
        refuse(release::code::invalid, "page must be at least 1 and pageSize 1 to 100");
    }
    Transaction transaction(connection, Transaction::Kind::read);
    BanPage found;
    found.total = connection.query("SELECT COUNT(*) FROM banned_contents").at(0).integer_or(0, 0);
    found.items =
        select_rows(connection, ban_columns(connection.dialect()),
                    "FROM banned_contents ORDER BY created_at DESC, sha256 LIMIT ? OFFSET ?",
                    {std::int64_t{page_size}, std::int64_t{page - 1} * page_size});
    transaction.commit();
    return found;
}

Banned insert_ban(Connection& connection, const BanRequest& request) {
    Transaction transaction(connection, Transaction::Kind::write);
    const BanTarget target = target_of(connection, request);
    Banned done;
    std::optional<BanView> row;
    if (const auto there = find_ban(connection, target.names)) {
        row = locked_ban(connection, there->sha256);
    }
    if (row && !request.version) done.is_new = widen(connection, row->sha256);
    if (!row) {
        const std::string& digest = target.names.sha256;
        done.is_new =
            add_ban(connection, digest, target.is_exact, request.reason, request.created_by);
        row = locked_ban(connection, digest);
    }
    done.ban = std::move(row).value();
    if (done.is_new) {
        release::wire::Json detail = release::wire::Json::object();
        if (request.version) detail["version"] = request.version->value;
        audit_ban(connection, request.by, "ban.add", done.ban, std::move(detail));
    }
    transaction.commit();
    return done;
}

BanView delete_ban(Connection& connection, const BanRemoval& removal) {
    Transaction transaction(connection, Transaction::Kind::write);
    // Agents are told a digest in lower case, however a pipeline wrote it. Read before it is
    // locked, since only the primary key locks no other row.
    std::vector<BanView> removed;
    for (const Row& spelled :
         connection.query("SELECT sha256 FROM banned_contents WHERE LOWER(sha256) = LOWER(?)",
                          {removal.sha256})) {
        auto row = locked_ban(connection, spelled.text(0));
        if (!row) continue;
        connection.execute("DELETE FROM banned_contents WHERE sha256 = ?", {row->sha256});
        removed.push_back(std::move(*row));
    }
    if (removed.empty()) refuse_unknown_ban(removal.sha256);
    const BanView& ban = removed.front();
    audit_ban(connection, removal.by, "ban.remove", ban,
              {{"banned_by", audit_text(ban.created_by)}, {"banned_at", ban.created_at}});
    transaction.commit();
    return ban;
}

}  // namespace edgeroll::control
