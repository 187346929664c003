// Ownership of releases and its leases (docs/contract.md 4.1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/core/ports.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// See Store::claimable. Also notes in releases that their rows are missing; all by conditional
/// updates, which may be repeated.
[[nodiscard]] std::vector<Candidate> sweep_claimable(Connection& connection, int limit,
                                                     int resting);

/// See Store::claim. Returns the new epoch, or release::epoch_max where the row's epoch cannot be
/// incremented: reading the release then reports it.
[[nodiscard]] std::optional<release::Epoch> take_claim(Connection& connection,
                                                       release::ReleaseId id,
                                                       const std::string& owner,
                                                       const std::string& order_id,
                                                       release::Millis lease);

/// See Store::marks.
[[nodiscard]] std::vector<Mark> read_marks(Connection& connection, const std::string& owner);

/// See Store::renew.
[[nodiscard]] bool renew_claim(Connection& connection, const Claim& claim, release::Millis lease);

/// See Store::give_back.
void give_claim_back(Connection& connection, const Claim& claim);

}  // namespace edgeroll::control
