// The current state of `live`. It belongs to the agent, but an operator in an emergency may move it
// too, and the server reads what is there (docs/adr/0012-live.md).
#pragma once

#include <optional>

#include "agent/ports.hpp"
#include "release/ids.hpp"

namespace edgeroll::agent {

struct Live {
    std::optional<release::Version> named;    ///< the link's target; nothing: there is no link
    std::optional<release::Version> version;  ///< the same, if that version's folder exists
};

/// Error, with the cure: `live` is a file, a folder, or a link to elsewhere, and must not be
/// touched. Any thread.
[[nodiscard]] Result<Live> read_live(Files& files);

}  // namespace edgeroll::agent
