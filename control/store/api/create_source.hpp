// The release that a new one goes on from (`from_release`).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/api/ports/creation.hpp"
#include "control/store/db/connection.hpp"

namespace edgeroll::control {

struct CreateSource {
    release::ReleaseId id;
    release::Version version;
    release::TaskType type = release::TaskType::apply_config;
    std::string batch_config;            ///< JSON text; empty: none
    std::string content_sha256;          ///< as the column: empty before the start, or "reload"
    std::vector<release::NodeId> nodes;  ///< those without success, ascending by id
};

/// Nothing when the request names none. Refusals are thrown: 3001 when it is not there, 3003 when
/// it is not a stopped or failed one, is a rollback, or has nothing left to do.
[[nodiscard]] std::optional<CreateSource> read_source(Connection& connection,
                                                      const NewRelease& request);

}  // namespace edgeroll::control
