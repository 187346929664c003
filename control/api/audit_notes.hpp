// Audit rows for events outside the database: refused logins, and reads of the token file.
#pragma once

#include "control/api/auth.hpp"
#include "control/api/ports/api_store.hpp"
#include "control/api/refused_logins.hpp"
#include "control/core/ports.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::control::api {

/// All of them must outlive the coroutines.
struct AuditNotes {
    ApiStore& store;
    Authenticator& authenticator;
    RefusedLogins& refused;
    rt::Clock& clock;
    bool is_trouble_told = false;
};

/// Writes the notes that are due, once; notes that cannot be written are kept.
/// @param is_last also writes notes that are not due yet
awaitable<void> write_audit_notes(AuditNotes& notes, bool is_last = false);

/// Does so every second, for ever.
awaitable<void> run_audit_notes(AuditNotes& notes);

}  // namespace edgeroll::control::api
