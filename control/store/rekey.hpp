// Seals the secret files of all contents with one key (`edgeroll-control rekey`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "control/api/ports/asker.hpp"
#include "control/store/open.hpp"

namespace edgeroll::control {

struct RekeyWanted {
    bool is_dry_run = false;  ///< change nothing
    Asker by{};               ///< for the audit log, one row per content
    /// Called now and then with the number of contents checked so far; may be empty.
    std::function<void(std::int64_t)> tell_progress;
};

struct RekeyReport {
    std::int64_t contents = 0;  ///< contents with secrets
    std::int64_t changed = 0;   ///< newly sealed by the own key (dry run: would be)
    /// Contents by the key that sealed them before; an empty id: their secrets were in plain text.
    std::map<std::string, std::int64_t> by_key;
    std::int64_t fault_count = 0;
    std::vector<std::string> faults;  ///< the first contents that could not be sealed, and why
};

/// Goes through config_versions, each content in its own transaction, so that it can be interrupted
/// and restarted at any time, beside running processes. Blocking. Errors as in open_database.
/// @param options with secrets and, where the audit log has a key, that key
[[nodiscard]] release::Result<RekeyReport> rekey_contents(const StoreOptions& options,
                                                          const RekeyWanted& wanted);

}  // namespace edgeroll::control
