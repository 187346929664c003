// `release events`: the history of a release, one line per event.
#pragma once

#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

/// `name=value name="two words"` of an object's non-null members; not made printable.
[[nodiscard]] std::string detail_text(const release::wire::Json& detail);

/// "2026-11-21T12:00:01.000Z      5  node_failed         edge-3  kind=exec_failed  by ann";
/// printable.
/// @param names of nodes by id
[[nodiscard]] std::string event_line(const release::wire::Json& event,
                                     const std::map<std::int64_t, std::string>& names);

/// Prints all events after `what.after`; when following, until the release has ended and all its
/// events are printed. Success however the release ended.
[[nodiscard]] ExitStatus tell_events(const ReleaseEvents& what, Format format, Ports ports);

}  // namespace edgeroll::cli
