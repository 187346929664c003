// `audit`: who did what, a line a row.
#pragma once

#include <string>

#include "release/wire/json_util.hpp"

namespace edgeroll::cli {

/// A table, then how many of how many; printable.
[[nodiscard]] std::string render_audit(const release::wire::Json& data);

}  // namespace edgeroll::cli
