// `release create` and `release plan`.
#pragma once

#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

/// With is_dry_run shows the plan; otherwise creates the release, and follows it if is_watched.
[[nodiscard]] Answer<ExitStatus> create_release(const ReleaseCreate& what, Format format,
                                                Ports ports);

/// Tables for the answer of a creation or a rollback: batches, and the nodes left out (`leftOut`,
/// `leftAlone`) with the reason.
/// @param names by node id, where known: empty shows ids
[[nodiscard]] std::string render_batches(const release::wire::Json& data,
                                         const std::map<std::int64_t, std::string>& names);
[[nodiscard]] std::string render_left_out(const release::wire::Json& data);

/// Names of the fleet by id; empty when control does not answer.
[[nodiscard]] std::map<std::int64_t, std::string> node_names(Http& http);

}  // namespace edgeroll::cli
