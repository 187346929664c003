// The subcommands of edgeroll-control besides `serve`. Each returns the exit status.
#pragma once

#include <string>

#include "control/api/tokens.hpp"
#include "control/audit_command.hpp"
#include "control/settings.hpp"

namespace edgeroll::control {

/// As it calls itself.
inline constexpr const char* program = "edgeroll-control";

/// Brings the schema up to date and says what it did.
int migrate(const Settings& settings);

/// Prints a fresh token and, on the next line, what belongs into API_TOKENS_FILE.
/// @param last_day "YYYY-MM-DD"; empty: no end
int print_token(const std::string& name, api::Role role, const std::string& last_day);

/// Reads the audit log from end to end; what was found, and its head, on standard output. 0: it is
/// whole, 1: it is not, or a head is not in it, 2: that could not be looked at.
int verify_audit(const Settings& settings, const AuditVerification& what);

/// Seals the secrets of all contents by the first key of SECRETS_KEY_FILE. 0: all are, 1: some
/// could not be, 2: that could not be looked at.
int rekey_secrets(const Settings& settings, bool is_dry_run);

/// Validates settings, certificates, tokens and database; a line each on standard output. 0 if a
/// `serve` with the same settings would start, else 2. Changes nothing in the database.
int check(const Settings& settings);

}  // namespace edgeroll::control
