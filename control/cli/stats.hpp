// `stats`: values of any structure as a table of dotted names. Pure.
#pragma once

#include <string>

#include "release/wire/json_util.hpp"

namespace edgeroll::cli {

/// "queue.length  12" lines sorted by name; lists of plain values on one line, others by position
/// ("pools.0.name").
[[nodiscard]] std::string render_stats(const release::wire::Json& data);

}  // namespace edgeroll::cli
