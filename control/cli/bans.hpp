// `ban add|list|remove`: contents that are not released.
#pragma once

#include "control/cli/commands.hpp"
#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

[[nodiscard]] Text add_ban(const BanAdd& what, Format format, Ports ports);
[[nodiscard]] Text list_bans(const BanList& what, Format format, Ports ports);
[[nodiscard]] Text remove_ban(const BanRemove& what, Format format, Ports ports);

}  // namespace edgeroll::cli
