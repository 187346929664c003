// `release pause|continue|stop|retry|rollback` and `release limit`.
#pragma once

#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

/// Stop, retry and rollback first ask and show what will happen; without --yes they are refused if
/// no terminal is present. Sends nothing unless the answer is yes.
[[nodiscard]] Text steer_release(const ReleaseSteer& what, Format format, Ports ports);

/// An error without an interactive terminal.
[[nodiscard]] Answer<bool> need_person(const ReleaseSteer& what, Ports ports);
/// Asks on the terminal; an error unless the answer is yes. @param question printable
[[nodiscard]] Answer<bool> ask_person(const std::string& question, Ports ports);

[[nodiscard]] Text limit_release(const ReleaseLimit& what, Format format, Ports ports);

}  // namespace edgeroll::cli
