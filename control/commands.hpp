// The subcommands of edgeroll-control except `serve`. Each returns the exit status.
#pragma once

#include <string>

#include "control/api/tokens.hpp"
#include "control/audit_command.hpp"
#include "control/settings.hpp"

namespace edgeroll::control {

/// The program's name in messages.
inline constexpr const char* program = "edgeroll-control";

/// Brings the schema up to date and prints what changed.
int migrate(const Settings& settings);

/// Prints a new token and, on the next line, its entry for API_TOKENS_FILE.
/// @param last_day "YYYY-MM-DD"; empty: no end
int print_token(const std::string& name, api::Role role, const std::string& last_day);

/// Verifies the whole audit log; prints the result and the log's head to standard output. 0: the
/// log is complete, 1: it is not, or an expected head is missing, 2: the check was not possible.
int verify_audit(const Settings& settings, const AuditVerification& what);

/// Seals the secrets of all contents with the first key of SECRETS_KEY_FILE. 0: all are sealed, 1:
/// some could not be, 2: the contents could not be read.
int rekey_secrets(const Settings& settings, bool is_dry_run);

/// Validates settings, certificates, tokens and database; prints a line for each to standard
/// output. 0 if `serve` would start with these settings, else 2. Does not change the database.
int check(const Settings& settings);

}  // namespace edgeroll::control
