// AGENT_SECRET_GROUP.
#pragma once

#include <optional>
#include <string>

#include "release/result.hpp"

namespace edgeroll::agent {

/// The group's id; nothing for an empty name. Error: the group does not exist, or this process may
/// not give files to it (it is neither root nor a member); one line with setting, group, user and
/// cure. Only at a program's start: not thread-safe.
[[nodiscard]] release::Result<std::optional<unsigned>> find_secret_group(const std::string& name);

}  // namespace edgeroll::agent
