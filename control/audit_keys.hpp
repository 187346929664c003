// AUDIT_KEY_FILE, as the programs' settings name it.
#pragma once

#include <memory>

#include "control/settings.hpp"
#include "control/store/audit_chain.hpp"

namespace edgeroll::control {

/// Nothing where the setting is empty. Error: one line that names the setting, and holds no key.
[[nodiscard]] release::Result<std::shared_ptr<const AuditKeys>> audit_keys(
    const Settings& settings);

}  // namespace edgeroll::control
