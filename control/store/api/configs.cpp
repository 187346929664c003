#include <optional>
#include <string>
#include <utility>

#include "control/secrets/sealed_payload.hpp"
#include "control/store/api/inventory.hpp"
#include "control/store/audit/audit_log.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/naming.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "release/text/digits.hpp"
#include "release/wire/content.hpp"

namespace edgeroll::control {
namespace {

using release::Version;

Columns<ConfigView> config_columns(const Dialect& dialect) {
    return {
        {"version", into<&ConfigView::version>},
        {"payload", into<&ConfigView::payload>},
        {"sha256", [](ConfigView& config,
                      const Field& field) { config.sha256 = release::lower_hex(field.text()); }},
        {"note", into<&ConfigView::note>},
        {"created_by", into<&ConfigView::created_by>},
        {dialect.rfc3339("created_at"), into<&ConfigView::created_at>},
    };
}

std::optional<ConfigView> find_config(Connection& connection, Version version) {
    auto found = select_row(connection, config_columns(connection.dialect()),
                            "FROM config_versions WHERE version = ?", {version.value});
    if (!found) return std::nullopt;
    ConfigView& config = *found;
    const auto kind = release::wire::read_stored_content(config.payload);
    // A digest by the older rule is replaced at the first use. A digest that fits neither rule is
    // shown unchanged: releases fail on it.
    if (kind && (config.sha256.empty() || config.sha256 == kind->plain_sha256)) {
        config.sha256 = kind->sha256;
    }
    return found;
}

/// How the version is in use. Empty: no node has, had or waits for it, as far as is known.
std::string why_in_use(Connection& connection, Version version) {
    const auto first = [&](const std::string& sql, std::size_t times = 1) {
        const Rows rows = connection.query(sql, Values(times, Value{version.value}));
        return rows.empty() ? std::string() : rows[0].text(0);
    };
    if (const auto id = first("SELECT id FROM release_tasks WHERE version = ?"); !id.empty()) {
        return "release " + id + " is of it";
    }
    const auto name = first(
        "SELECT name FROM nodes WHERE applied_version = ? OR "
        "applied_config_version = ? ORDER BY id LIMIT 1",
        2);
    if (!name.empty()) return "node " + fitted(name, word_bytes_max) + " has it";
    // Only unfinished rollbacks are read, and there are few: a rollback gives nodes back their
    // former content.
    const auto rollback = first(
        "SELECT t.id FROM release_tasks t JOIN release_task_nodes r ON "
        "r.release_task_id = t.id WHERE " +
        has_no_end("t.") + " AND r.config_version = ? LIMIT 1");
    if (!rollback.empty()) return "release " + rollback + " gives it to nodes";
    const auto used = first(
        "SELECT version FROM config_versions WHERE version = ? AND used_at IS "
        "NOT NULL");
    return used.empty() ? used : "it was released before";
}

void insert(Connection& connection, const ConfigView& config, const std::string& digest) {
    connection.execute(
        "INSERT INTO config_versions (version, payload, sha256, note, created_by) VALUES (?, ?, ?, "
        "?, ?)",
        {config.version.value, config.payload, digest, null_if_empty(fitted(config.note)),
         null_if_empty(fitted(config.created_by, word_bytes_max))});
}

void replace(Connection& connection, const ConfigView& config, const std::string& digest) {
    connection.execute(
        "UPDATE config_versions SET payload = ?, sha256 = ?, note = ?, created_by = ?, created_at "
        "= " +
            connection.dialect().now() + " WHERE version = ?",
        {config.payload, digest, null_if_empty(fitted(config.note)),
         null_if_empty(fitted(config.created_by, word_bytes_max)), config.version.value});
}

/// The stored row may hold the same content in plain text, or sealed by a lost key.
void seal_again(Connection& connection, const ConfigView& config, const ConfigView& there,
                const SecretKeys* keys) {
    if (keys == nullptr) return;
    const auto sealing = sealing_keys(there.payload);
    const bool is_plain = sealing && sealing->contains("");
    if (!is_plain && why_closed(there.payload, keys).empty()) return;
    connection.execute("UPDATE config_versions SET payload = ? WHERE version = ?",
                       {config.payload, config.version.value});
}

ConfigView::Outcome store(Connection& connection, const ConfigView& config,
                          const std::string& digest, const SecretKeys* keys) {
    // A release of this version waits here until the row is settled (create_content.cpp).
    const bool is_there =
        connection.execute("UPDATE config_versions SET created_at = created_at WHERE version = ?",
                           {config.version.value}) == 1;
    const auto there = is_there ? find_config(connection, config.version) : std::nullopt;
    if (!there) {
        insert(connection, config, digest);
        return ConfigView::Outcome::stored;
    }
    const bool has_other_content = there->sha256 != digest;
    const bool has_other_note = there->note != fitted(config.note);
    if (!has_other_content) seal_again(connection, config, *there, keys);
    if (!has_other_content && !has_other_note) return ConfigView::Outcome::unchanged;
    if (const std::string use = why_in_use(connection, config.version); !use.empty()) {
        refuse(release::code::exists, name_of(config.version) + " exists with another " +
                                          (has_other_content ? "content" : "note") +
                                          " and is in use: " + use +
                                          "; what was released never changes, use a new version");
    }
    replace(connection, config, digest);
    return ConfigView::Outcome::replaced;
}

/// The detail never holds the content itself.
void audit(Connection& connection, const ConfigView& config, const ConfigView& stored,
           const std::string& digest) {
    AuditDeed deed;
    deed.action = "config.put";
    deed.object = "config:" + std::to_string(config.version.value);
    deed.detail["sha256"] = digest;
    deed.detail["bytes"] = config.payload.size();
    deed.detail["replaced"] = stored.outcome == ConfigView::Outcome::replaced;
    if (!config.note.empty()) deed.detail["note"] = audit_text(config.note);
    append_audit(connection, config.by, deed);
}

ConfigView try_to_add(Connection& connection, const ConfigView& config, const std::string& digest,
                      const SecretKeys* keys) {
    Transaction transaction(connection, Transaction::Kind::write);
    const ConfigView::Outcome outcome = store(connection, config, digest, keys);
    ConfigView stored = read_config(connection, config.version);
    stored.outcome = outcome;
    if (outcome != ConfigView::Outcome::unchanged) audit(connection, config, stored, digest);
    transaction.commit();
    return stored;
}

}  // namespace

ConfigView add_config(Connection& connection, ConfigView config, const SecretKeys* keys) {
    if (config.version.value < 1) refuse(release::code::invalid, "version must be above 0");
    const auto kind = release::wire::read_content(config.payload);
    if (!kind) refuse(release::code::invalid, kind.error().message);
    if (!kind->loose.empty()) refuse(release::code::invalid, kind->loose);
    if (kind->has_secrets) {
        if (keys == nullptr) refuse(release::code::invalid, no_secret_keys);
        config.payload = seal_secrets(config.payload, *keys).value();
    }
    // Two requests may store the same new version at once: the later one finds the row.
    constexpr int tries = 3;
    for (int i = 1;; ++i) {
        try {
            return try_to_add(connection, config, kind->sha256, keys);
        } catch (const DbFailure& failure) {
            if (!failure.is_duplicate || i == tries) throw;
        }
    }
}

ConfigView read_config(Connection& connection, Version version) {
    std::optional<ConfigView> config = find_config(connection, version);
    if (!config) refuse(release::code::not_found, name_of(version) + " has no content");
    return std::move(*config);
}

ShownConfig show_config(Connection& connection, Version version, PayloadPart part) {
    ShownConfig shown;
    shown.head = read_config(connection, version);
    shown.content = shown_payload(shown.head.payload, part);
    shown.head.payload.clear();
    return shown;
}

}  // namespace edgeroll::control
