#include "control/store/rekey.hpp"

#include <filesystem>
#include <limits>
#include <set>
#include <utility>

#include "control/secrets/sealed_payload.hpp"
#include "control/store/audit/audit_log.hpp"
#include "control/store/db/schema.hpp"
#include "control/store/db/threads.hpp"
#include "control/store/setting.hpp"
#include "release/wire/content.hpp"

namespace edgeroll::control {
namespace {

constexpr std::int64_t versions_per_query = 200;
constexpr std::int64_t told_every = 1000;
constexpr std::size_t faults_max = 20;

/// The lowest versions from this version on. By the primary key alone: where there are many
/// payloads, searching them would exceed the database's time limit.
std::vector<std::int64_t> next_versions(Connection& connection, std::int64_t from) {
    std::vector<std::int64_t> versions;
    for (const Row& row : connection.query(
             "SELECT version FROM config_versions WHERE version >= ? ORDER BY version LIMIT ?",
             {from, versions_per_query})) {
        versions.push_back(row.integer_or(0, 0));
    }
    return versions;
}

/// Parsing 8 MiB of JSON without a secret would be a waste. The key may be spelled with escapes.
bool may_have_secrets(const std::string& payload) {
    return payload.find("secret") != payload.npos || payload.find("\\u00") != payload.npos;
}

void audit(Connection& connection, const Asker& by, std::int64_t version, const std::string& key,
           const std::set<std::string>& before) {
    AuditDeed deed;
    deed.action = "config.rekey";
    deed.object = "config:" + std::to_string(version);
    deed.detail["key"] = key;
    deed.detail["from"] = before;
    append_audit(connection, by, deed);
}

void add_fault(RekeyReport& report, std::int64_t version, const std::string& why) {
    ++report.fault_count;
    if (report.faults.size() < faults_max) {
        report.faults.push_back("version " + std::to_string(version) + ": " + why);
    }
}

void rekey_one(Connection& connection, const SecretKeys& keys, const RekeyWanted& wanted,
               std::int64_t version, RekeyReport& report) {
    const Rows rows =
        connection.query("SELECT payload FROM config_versions WHERE version = ?", {version});
    if (rows.empty()) return;  // deleted in the meantime
    const std::string text = rows[0].text(0);
    if (!may_have_secrets(text)) return;
    const auto before = sealing_keys(text);
    const bool is_other = release::wire::read_stored_content(text)
                              .map([](const auto& kind) { return !kind.is_files; })
                              .value_or(false);
    if (is_other) return;  // a job or a purge: has no secrets
    if (!before) {
        ++report.contents;
        return add_fault(report, version,
                         "it cannot be read, and may have secrets: " + before.error().message);
    }
    if (before->empty()) return;
    ++report.contents;
    for (const std::string& id : *before)
        ++report.by_key[id];
    if (*before == std::set<std::string>{keys.own_id()}) {
        // The key's id alone proves nothing: a damaged seal has it too.
        const std::string why = why_closed(text, &keys);
        if (!why.empty()) add_fault(report, version, why);
        return;
    }
    const auto sealed = reseal_secrets(text, keys);
    if (!sealed) return add_fault(report, version, sealed.error().message);
    ++report.changed;
    if (wanted.is_dry_run) return;
    Transaction transaction(connection, Transaction::Kind::write);
    const bool is_done =
        connection.execute(
            "UPDATE config_versions SET payload = ? WHERE version = ? AND payload = ?",
            {*sealed, version, text}) == 1;
    if (is_done) audit(connection, wanted.by, version, keys.own_id(), *before);
    transaction.commit();
    if (is_done) return;
    --report.changed;
    add_fault(report, version, "it was changed by somebody else meanwhile: run rekey again");
}

RekeyReport rekey_all(Connection& connection, const SecretKeys& keys, const RekeyWanted& wanted) {
    if (const std::string complaint = schema_complaint(connection); !complaint.empty()) {
        throw DbFailure(complaint, release::Outcome::permanent);
    }
    if (const std::string complaint = audit_complaint(connection, wanted.by.keys.get());
        !complaint.empty()) {
        throw DbFailure(complaint, release::Outcome::permanent);
    }
    RekeyReport report;
    constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
    std::int64_t looked_at = 0;
    auto versions = next_versions(connection, lowest);
    while (!versions.empty()) {
        for (const std::int64_t version : versions) {
            rekey_one(connection, keys, wanted, version, report);
            if (wanted.tell_progress && ++looked_at % told_every == 0) {
                wanted.tell_progress(looked_at);
            }
        }
        if (versions.back() == highest) break;
        versions = next_versions(connection, versions.back() + 1);
    }
    return report;
}

}  // namespace

release::Result<RekeyReport> rekey_contents(const StoreOptions& options,
                                            const RekeyWanted& wanted) {
    const auto keys = options.secrets ? options.secrets->keys() : nullptr;
    if (!keys) return release::fail("SECRETS_KEY_FILE is not set: there is no key to seal by");
    const auto url = read_database_setting(options);
    if (!url) return tl::unexpected(url.error());
    // Opening a missing file would create it.
    if (url->backend == Backend::sqlite && !std::filesystem::exists(url->path)) {
        return release::fail(describe(*url) + ": there is no such file");
    }
    const Connector connector = connector_for(*url, SessionUse::serve);
    ConnectionSlot slot(connector);
    RekeyWanted with_keys = wanted;
    with_keys.by.keys = options.audit_keys;
    auto work = [&](Connection& connection) { return rekey_all(connection, *keys, with_keys); };
    // Run like a read, which is repeated after a broken connection: rekeying may be repeated too.
    auto report = run_job(slot, Access::read, work);
    if (report) return report;
    report.error().message = describe(*url) + ": " + report.error().message;
    return report;
}

}  // namespace edgeroll::control
