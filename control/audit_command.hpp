// `edgeroll-control audit verify`: expected heads, and the verdict.
#pragma once

#include <string>
#include <vector>

#include "control/settings.hpp"

namespace edgeroll::control {

struct AuditVerification {
    std::vector<std::string> expected;  ///< heads that were kept elsewhere, in printed form
    std::string file;                   ///< a file of such heads, a line each; empty: none
};

struct AuditVerdict {
    int status = 2;    ///< 0: the log is complete, 1: it is not, 2: rows could not be read
    std::string text;  ///< lines for people, with the head
};

/// Verifies the whole audit log. Error: a head, the keys or the database cannot be read; one line
/// for the user.
[[nodiscard]] release::Result<AuditVerdict> verify_audit_log(const Settings& settings,
                                                             const AuditVerification& what);

}  // namespace edgeroll::control
