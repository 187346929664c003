// Renders releases and nodes as text. Pure: the time is passed in, and all text from the server is
// made printable here.
#pragma once

#include <string>
#include <vector>

#include "control/cli/times.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {

/// `release list`: one line per release, then "N of M".
[[nodiscard]] std::string render_releases(const std::vector<ReleaseLine>& releases,
                                          std::int64_t total, Moment now);

/// `release show`: the release, its batches, its nodes.
[[nodiscard]] std::string render_release(const ReleaseLine& release, Moment now);

/// `node list`.
[[nodiscard]] std::string render_fleet(const std::vector<FleetLine>& fleet, Moment now);

/// `node list --drift`: actual and wanted content.
[[nodiscard]] std::string render_drift(const std::vector<FleetLine>& fleet, Moment now);

/// "failed (exec_failed): nginx: [emerg] ..."; printable, one line.
[[nodiscard]] std::string node_outcome(const NodeLine& node);

/// "release 7 failed: 11 of 40 nodes succeeded, 1 failed, 28 skipped; <last error>"; printable.
[[nodiscard]] std::string conclusion(const ReleaseLine& release);

/// "hold: bakes before the next batch, until 12:00:30Z (in 30 s)", then control's reason for
/// waiting unless it is the same; for an unfinished release. Printable lines.
[[nodiscard]] std::vector<std::string> hold_lines(const ReleaseLine& release, Moment now);

/// "2 nodes of batch 1 in progress (edge-3, edge-4), until 2026-11-21T12:00:00Z (in 30 s)";
/// printable; empty without a reason.
[[nodiscard]] std::string waiting_text(const Waiting& waiting, Moment now);

}  // namespace edgeroll::cli
