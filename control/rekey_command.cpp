#include "control/rekey_command.hpp"

#include <unistd.h>

#include <sstream>
#include <utility>

#include "control/key_files.hpp"
#include "control/store/rekey.hpp"
#include "tls/rt/printable.hpp"

namespace edgeroll::control {
namespace {

using rt::printable;

std::string contents(std::int64_t count) {
    return std::to_string(count) + (count == 1 ? " content" : " contents");
}

void tell_keys(std::ostream& out, const SecretKeys& keys, const RekeyReport& report) {
    for (const auto& [id, count] : report.by_key) {
        if (id.empty()) {
            out << contents(count) << " had secrets that were not sealed\n";
        } else if (id == keys.own_id()) {
            out << contents(count) << " had secrets sealed by the first key, " << id << "\n";
        } else {
            out << contents(count) << " had secrets sealed by the key " << printable(id)
                << (keys.find(id) == nullptr ? ", which the file does not hold" : "") << "\n";
        }
    }
}

RekeyVerdict tell(const SecretKeys& keys, const RekeyReport& report, bool is_dry_run) {
    std::ostringstream out;
    out << contents(report.contents) << " with secrets\n";
    tell_keys(out, keys, report);
    for (const std::string& fault : report.faults)
        out << "FAULT: " << printable(fault) << '\n';
    const auto told = static_cast<std::int64_t>(report.faults.size());
    if (report.fault_count > told) out << "FAULT: and " << report.fault_count - told << " more\n";
    out << contents(report.changed) << (is_dry_run ? " would be" : " now") << " sealed by "
        << keys.own_id() << '\n';
    RekeyVerdict verdict;
    verdict.status = report.fault_count == 0 ? 0 : 1;
    if (report.fault_count > 0) {
        out << "keep the other keys: not everything is sealed by the first one\n";
    } else if (!is_dry_run && keys.size() > 1) {
        out << "the other keys of the file seal nothing any more; backups from before still need "
               "them\n";
    }
    verdict.text = out.str();
    return verdict;
}

}  // namespace

release::Result<RekeyVerdict> rekey(const Settings& settings, bool is_dry_run,
                                    const std::function<void(std::int64_t)>& tell_progress) {
    SecretKeyFile file(settings);
    if (auto opened = file.open(); !opened) return tl::unexpected(std::move(opened.error()));
    auto audit = audit_keys(settings);
    if (!audit) return tl::unexpected(std::move(audit.error()));
    StoreOptions options = store_options(settings);
    options.audit_keys = std::move(*audit);
    options.secrets = file.keyring();
    RekeyWanted wanted;
    wanted.is_dry_run = is_dry_run;
    wanted.by.actor = "local:" + std::to_string(::getuid());
    wanted.tell_progress = tell_progress;
    const auto report = rekey_contents(options, wanted);
    if (!report && settings.secrets_key_file.empty()) return tl::unexpected(report.error());
    if (!report) return release::fail(database_trouble(settings, report.error()));
    return tell(*file.keyring()->keys(), *report, is_dry_run);
}

}  // namespace edgeroll::control
