// `release watch` on a terminal: renders a release. Pure.
#pragma once

#include <string>
#include <vector>

#include "control/cli/ports.hpp"
#include "control/cli/times.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {

/// A bar `[#####!>>...]` of exactly `width` columns: # success, ! failed, - skipped, deferred or
/// cancelled, > running, . waiting. Each status that occurs gets at least one column, so that a
/// single failure among thousands is visible.
/// @param width at least 12
[[nodiscard]] std::string render_bar(const Tally& tally, std::size_t width);

/// The whole picture: a head line, a bar for each batch, failures with their errors, what the
/// release waits for, and `notice` (may be empty). No line is wider than size.columns, and there
/// are at most size.rows - 1 lines: omitted lines are counted ("and 7 more").
[[nodiscard]] std::vector<std::string> render_progress(const ReleaseLine& release, Moment now,
                                                       Screen::Size size,
                                                       const std::string& notice);

}  // namespace edgeroll::cli
