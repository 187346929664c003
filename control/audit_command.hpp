// `edgeroll-control audit verify`: what to compare with, and what is said of what was found.
#pragma once

#include <string>
#include <vector>

#include "control/settings.hpp"

namespace edgeroll::control {

struct AuditVerification {
    std::vector<std::string> expected;  ///< heads that were kept elsewhere, as they were printed
    std::string file;                   ///< a file of such heads, a line each; empty: none
};

struct AuditVerdict {
    int status = 2;    ///< 0: whole, 1: not, 2: rows could not be looked at
    std::string text;  ///< lines for people, with the head
};

/// Reads the audit log from end to end. Error: a head, the keys or the database cannot be read; one
/// line for the user.
[[nodiscard]] release::Result<AuditVerdict> verify_audit_log(const Settings& settings,
                                                             const AuditVerification& what);

}  // namespace edgeroll::control
