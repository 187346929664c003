// What GET /state tells of this node.
#pragma once

#include <string>

#include "agent/apply/journal_codec.hpp"
#include "agent/live_inspection.hpp"
#include "release/wire/node_state.hpp"

namespace edgeroll::agent {

/// The parts that the journal and a look at `live` tell; the machine's own are left to the caller.
[[nodiscard]] release::wire::NodeState node_state_of(const apply::Book& book,
                                                     const LiveFinding& live);

}  // namespace edgeroll::agent
