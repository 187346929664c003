// `release events`: the history of a release, a line an event.
#pragma once

#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

/// `name=value name="two words"` of an object's members that are not null; not made printable.
[[nodiscard]] std::string detail_text(const release::wire::Json& detail);

/// "2026-11-21T12:00:01.000Z      5  node_failed         edge-3  kind=exec_failed  by ann";
/// printable.
/// @param names of nodes by id
[[nodiscard]] std::string event_line(const release::wire::Json& event,
                                     const std::map<std::int64_t, std::string>& names);

/// Everything there is after `what.after`; followed, until the release is finished and all its
/// events are told. Success whatever the release's end.
[[nodiscard]] ExitStatus tell_events(const ReleaseEvents& what, Format format, Ports ports);

}  // namespace edgeroll::cli
