// The executor's view of the database (core/ports.hpp), over database threads.
#pragma once

#include <memory>
#include <string>

#include "control/core/ports.hpp"
#include "control/secrets/secret_keys.hpp"
#include "control/store/db/threads.hpp"
#include "release/wire/call_rules.hpp"

namespace edgeroll::control {

/// @param owner written to claimed_by and to the history as actor
/// @param gate_rules a release whose gate they refuse is impossible
/// @param secrets as in ContentBook
[[nodiscard]] std::unique_ptr<Store> make_release_store(
    DbThreads& threads, Clock& clock, std::string owner, release::Millis lease,
    release::wire::CallRules gate_rules, std::shared_ptr<const SecretKeyring> secrets = {});

}  // namespace edgeroll::control
