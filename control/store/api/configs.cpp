#include <optional>
#include <string>

#include "control/store/api/inventory.hpp"
#include "control/store/column_text.hpp"
#include "release/wire/content.hpp"

namespace edgeroll::control {
namespace {

std::string digest_of(const std::string& text) {
    const auto kind = release::wire::read_content(text);
    if (!kind) refuse(release::code::invalid, kind.error().message);
    return kind->sha256;
}

std::optional<ConfigView> find_config(Connection& connection, release::Version version) {
    const Rows rows = connection.query("SELECT version, payload, sha256, note, created_by, " +
                                           connection.dialect().rfc3339("created_at") +
                                           " FROM config_versions WHERE version = ?",
                                       {version.value});
    if (rows.empty()) return std::nullopt;
    ConfigView config;
    config.version = release::Version{rows[0].integer_or(0, 0)};
    config.payload = rows[0].text(1);
    config.sha256 = rows[0].text(2);
    config.note = rows[0].text(3);
    config.created_by = rows[0].text(4);
    config.created_at = rows[0].text(5);
    return config;
}

bool insert(Connection& connection, const ConfigView& config, const std::string& digest) {
    try {
        Transaction transaction(connection, Transaction::Kind::write);
        connection.execute(
            "INSERT INTO config_versions (version, payload, sha256, note, "
            "created_by) VALUES (?, ?, ?, ?, ?)",
            {config.version.value, config.payload, digest, null_if_empty(fitted(config.note)),
             null_if_empty(fitted(config.created_by, word_bytes_max))});
        transaction.commit();
        return true;
    } catch (const DbFailure& failure) {
        if (!failure.is_duplicate) throw;
        return false;
    }
}

}  // namespace

ConfigView add_config(Connection& connection, const ConfigView& config) {
    if (config.version.value < 1) refuse(release::code::invalid, "version must be above 0");
    const std::string digest = digest_of(config.payload);
    const bool is_new = insert(connection, config, digest);
    std::optional<ConfigView> stored = find_config(connection, config.version);
    if (!stored) {
        throw DbFailure("the configuration was deleted while it was stored",
                        release::Outcome::not_done);
    }
    if (is_new) return *stored;
    const auto there = release::wire::read_content(stored->payload);
    if (!there || there->sha256 != digest) {
        refuse(release::code::exists, "version " + std::to_string(config.version.value) +
                                          " exists with other content; a version never changes, "
                                          "use a new one");
    }
    stored->sha256 = digest;
    return *stored;
}

ConfigView read_config(Connection& connection, release::Version version) {
    std::optional<ConfigView> config = find_config(connection, version);
    if (!config) {
        refuse(release::code::not_found,
               "version " + std::to_string(version.value) + " has no content");
    }
    if (config->sha256.empty()) {
        const auto kind = release::wire::read_content(config->payload);
        if (kind) config->sha256 = kind->sha256;
    }
    return *config;
}

}  // namespace edgeroll::control
