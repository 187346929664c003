// What goes into the audit log without a deed of the database: refused logins, and token files
// that were read.
#pragma once

#include "control/api/auth.hpp"
#include "control/api/ports/api_store.hpp"
#include "control/api/refused_logins.hpp"
#include "control/core/ports.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::control::api {

/// Everything must outlive the coroutines.
struct AuditNotes {
    ApiStore& store;
    Authenticator& authenticator;
    RefusedLogins& refused;
    rt::Clock& clock;
    bool is_trouble_told = false;
};

/// Writes down what is due, once; what cannot be written is kept. @param is_last also what is not
/// due yet
awaitable<void> write_audit_notes(AuditNotes& notes, bool is_last = false);

/// The same every second, for ever.
awaitable<void> run_audit_notes(AuditNotes& notes);

}  // namespace edgeroll::control::api
