// What whoever steers a release needs first: its lock, its state, and whether that allows it.
#pragma once

#include <string>
#include <string_view>

#include "control/api/ports/steering.hpp"
#include "control/store/db/connection.hpp"
#include "release/actions.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {

/// What release/actions.hpp judges by, with what else steering needs.
struct Steered {
    bool has_end = false;  ///< its end is recorded (finished_at)
    release::SteeringState state;
    release::Version version;
    bool is_forced = false;
    int waived_failures = 0;
    std::string content_sha256, batch_config;
};

/// Locks the release's row for the caller's transaction, as the first statement of it: what is read
/// after that stays so until the end. Throws Refused 3001 when there is no such release.
void lock_release(Connection& connection, release::ReleaseId id);
/// Throws Refused 3001 as well.
[[nodiscard]] Steered read_steered(Connection& connection, release::ReleaseId id);
/// Throws Refused 3003 with the sentence where the state does not allow the action.
release::Ruling allowed_or_refused(release::Steering action, const Steered& steered);

/// The row of the audit log, with the reason: the last statements of the transaction.
/// @param action e.g. "pause" @param detail what else is to be told; an object or null
void audit_release(Connection& connection, const ActionRequest& request, std::string_view action,
                   release::wire::Json detail);

}  // namespace edgeroll::control
