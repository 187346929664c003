// `release pause|continue|stop|retry|rollback` and `release limit`.
#pragma once

#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

/// Stop, retry and rollback ask first, showing what will happen; without --yes they are refused
/// where nobody can be asked. Nothing is sent when the answer is not yes.
[[nodiscard]] Text steer_release(const ReleaseSteer& what, Format format, Ports ports);

/// An error where there is nobody who could be asked.
[[nodiscard]] Answer<bool> need_person(const ReleaseSteer& what, Ports ports);
/// Asks on the terminal; an error unless the answer is yes. @param question printable
[[nodiscard]] Answer<bool> ask_person(const std::string& question, Ports ports);

[[nodiscard]] Text limit_release(const ReleaseLimit& what, Format format, Ports ports);

}  // namespace edgeroll::cli
