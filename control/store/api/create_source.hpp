// The release that a new release continues (`from_release`).
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
    std::string batch_config;    ///< JSON text; empty: none
    std::string content_sha256;  ///< value of the column: empty before the start, or "reload"
    std::vector<release::NodeId> nodes;  ///< nodes without success, ascending by id
};

/// Nothing when the request has no from_release. Throws Refused: 3001 when the release does not
/// exist, 3003 when it is neither stopped nor failed, is a rollback, or has no unfinished nodes.
[[nodiscard]] std::optional<CreateSource> read_source(Connection& connection,
                                                      const NewRelease& request);

}  // namespace edgeroll::control
