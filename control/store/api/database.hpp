// The API's view of the database (control/api/ports), over database threads.
#pragma once

#include <memory>

#include "control/api/ports/api_store.hpp"
#include "control/secrets/secret_keys.hpp"
#include "control/store/db/threads.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// @param gate_rules which gates new releases may have
/// @param keys sign the rows of the audit log; nothing: unsigned
/// @param secrets seal secret files; nothing: contents with secrets are refused
[[nodiscard]] std::unique_ptr<ApiStore> make_api_store(
    DbThreads& threads, release::wire::CallRules gate_rules,
    std::shared_ptr<const AuditKeys> keys = {}, std::shared_ptr<const SecretKeyring> secrets = {});

}  // namespace edgeroll::control
