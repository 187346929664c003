// What `live` is at this moment. It belongs to the agent, but an operator at three in the morning
// may move it too, and what is there is what the server reads (docs/adr/0012-live.md).
#pragma once

#include <optional>

#include "agent/ports.hpp"
#include "release/ids.hpp"

namespace edgeroll::agent {

struct Live {
    std::optional<release::Version> named;    ///< what the link names; nothing: there is no link
    std::optional<release::Version> version;  ///< the same, if that version's folder is there
};

/// Error: something of another kind, with the cure: a file, a folder, a link to elsewhere. Nothing
/// of that may be touched. Any thread.
[[nodiscard]] Result<Live> read_live(Files& files);

}  // namespace edgeroll::agent
