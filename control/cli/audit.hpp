// `audit`: the audit log, one line per row.
#pragma once

#include <string>

#include "release/wire/json_util.hpp"

namespace edgeroll::cli {

/// A table, then "N of M"; printable.
[[nodiscard]] std::string render_audit(const release::wire::Json& data);

}  // namespace edgeroll::cli
