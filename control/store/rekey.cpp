#include "control/store/rekey.hpp"

#include <filesystem>
#include <set>
#include <utility>

#include "control/secrets/sealed_payload.hpp"
#include "control/store/audit.hpp"
#include "control/store/db/schema.hpp"
#include "control/store/db/threads.hpp"
#include "control/store/setting.hpp"

namespace edgeroll::control {
namespace {

constexpr std::int64_t versions_per_query = 200;
constexpr std::int64_t told_every = 100;
constexpr std::size_t faults_max = 20;

/// Versions above this one whose payload may have secrets: the word can be spelled with escapes.
std::vector<std::int64_t> next_versions(Connection& connection, std::int64_t above) {
    std::vector<std::int64_t> versions;
    for (const Row& row : connection.query("SELECT version FROM config_versions WHERE version > ? "
                                           "AND (INSTR(payload, 'secret') > "
                                           "0 OR INSTR(payload, ?) > 0) ORDER BY version LIMIT ?",
                                           {above, std::string("\\u00"), versions_per_query})) {
        versions.push_back(row.integer_or(0, 0));
    }
    return versions;
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
    if (rows.empty()) return;  // deleted meanwhile
    const std::string text = rows[0].text(0);
    const auto before = sealing_keys(text);
    // No payload of files: nothing of it is sealed, and no release can be made of it.
    if (!before || before->empty()) return;
    ++report.contents;
    for (const std::string& id : *before)
        ++report.by_key[id];
    if (*before == std::set<std::string>{keys.own_id()}) return;
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
    std::int64_t last = 0;
    for (auto versions = next_versions(connection, last); !versions.empty();
         versions = next_versions(connection, last)) {
        for (const std::int64_t version : versions) {
            rekey_one(connection, keys, wanted, version, report);
            if (wanted.tell_progress && report.contents > 0 && report.contents % told_every == 0) {
                wanted.tell_progress(report.contents);
            }
        }
        last = versions.back();
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
    // Opening one would make it.
    if (url->backend == Backend::sqlite && !std::filesystem::exists(url->path)) {
        return release::fail(describe(*url) + ": there is no such file");
    }
    const Connector connector = connector_for(*url, SessionUse::serve);
    ConnectionSlot slot(connector);
    RekeyWanted with_keys = wanted;
    with_keys.by.keys = options.audit_keys;
    auto work = [&](Connection& connection) { return rekey_all(connection, *keys, with_keys); };
    // As a reading, which is begun again after a broken connection: so may this be.
    auto report = run_job(slot, Access::read, work);
    if (report) return report;
    report.error().message = describe(*url) + ": " + report.error().message;
    return report;
}

}  // namespace edgeroll::control
