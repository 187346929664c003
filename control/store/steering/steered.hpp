// First steps of every steering action: lock the release, read its state, check the action.
#pragma once

#include <string>
#include <string_view>

#include "control/api/ports/steering.hpp"
#include "control/store/db/connection.hpp"
#include "release/actions.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {

/// The input of release/actions.hpp, and further columns that steering needs.
struct Steered {
    bool has_end = false;  ///< its end is recorded (finished_at)
    release::SteeringState state;
    release::Version version;
    bool is_forced = false;
    int waived_failures = 0;
    std::string content_sha256, batch_config;
};

/// Locks the release's row for the caller's transaction, as its first statement: later reads stay
/// valid until its end. Throws Refused 3001 when the release does not exist.
void lock_release(Connection& connection, release::ReleaseId id);
/// Throws Refused 3001 when the release does not exist.
[[nodiscard]] Steered read_steered(Connection& connection, release::ReleaseId id);
/// Throws Refused 3003 with an explanation where the state does not allow the action.
release::Ruling allowed_or_refused(release::Steering action, const Steered& steered);

/// Writes the row of the audit log, with the reason, as the last statements of the transaction.
/// @param action e.g. "pause"
/// @param detail further facts; an object or null
void audit_release(Connection& connection, const ActionRequest& request, std::string_view action,
                   release::wire::Json detail);

}  // namespace edgeroll::control
