// `release watch` on a terminal: a picture of a release. Pure.
#pragma once

#include <string>
#include <vector>

#include "control/cli/ports.hpp"
#include "control/cli/times.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {

/// A bar `[#####!>>...]` of exactly `width` columns: # success, ! failed, - skipped, deferred or
/// cancelled, > running, . waiting. Each kind that exists gets at least one column, so a single
/// failure among thousands is seen. @param width at least 12
[[nodiscard]] std::string render_bar(const Tally& tally, std::size_t width);

/// The whole picture: a head line, a bar for each batch, failures with their errors, what it waits
/// for, `notice` (may be empty). No line is wider than size.columns, and there are at most
/// size.rows - 1 lines: what does not fit is counted ("and 7 more").
[[nodiscard]] std::vector<std::string> render_progress(const ReleaseLine& release, Moment now,
                                                       Screen::Size size,
                                                       const std::string& notice);

}  // namespace edgeroll::cli
