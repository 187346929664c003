// `stats`: figures of any shape as a table of dotted names. Pure.
#pragma once

#include <string>

#include "release/wire/json_util.hpp"

namespace edgeroll::cli {

/// "queue.length  12" lines in the order of the names; lists of plain values on one line, others by
/// position ("pools.0.name").
[[nodiscard]] std::string render_stats(const release::wire::Json& data);

}  // namespace edgeroll::cli
