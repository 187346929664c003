// Secret files of all contents sealed by one key: what `edgeroll-control rekey` does.
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
    bool is_dry_run = false;  ///< only look
    Asker by{};               ///< for the audit log, a row for each content
    /// Called now and then with how many contents were looked at; may be empty.
    std::function<void(std::int64_t)> tell_progress;
};

struct RekeyReport {
    std::int64_t contents = 0;  ///< that have secrets
    std::int64_t changed = 0;   ///< sealed by the own key now (of a dry run: would be)
    /// Contents by the key that sealed them before; an empty id: their secrets stood there plainly.
    std::map<std::string, std::int64_t> by_key;
    std::int64_t fault_count = 0;
    std::vector<std::string> faults;  ///< the first of those that could not be sealed, and why
};

/// Goes through config_versions; each content in a transaction of its own, so that it can be ended
/// and begun again at any time, beside running processes. Blocking. Errors as open_database has
/// them. @param options with secrets and, where the audit log has one, its key
[[nodiscard]] release::Result<RekeyReport> rekey_contents(const StoreOptions& options,
                                                          const RekeyWanted& wanted);

}  // namespace edgeroll::control
