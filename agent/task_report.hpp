// A task as the protocol shows it.
#pragma once

#include <cstdint>
#include <string>

#include "agent/apply/journal_codec.hpp"
#include "release/wire/agent_messages.hpp"

namespace edgeroll::agent {

/// A report with only the task's identity and status.
[[nodiscard]] release::wire::TaskReport make_identity(const apply::Entry& entry);

[[nodiscard]] release::wire::TaskReport make_report(const apply::Entry& entry,
                                                    const apply::Details& details);

/// RFC 3339 with milliseconds and Z; empty for 0.
[[nodiscard]] std::string rfc3339(std::int64_t wall_ms);

}  // namespace edgeroll::agent
