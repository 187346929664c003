// The numbered, forward-only migrations of sql/, embedded at build time.
#pragma once

#include <string_view>
#include <vector>

namespace edgeroll::control {

struct Migration {
    int version;            ///< from 1, without gaps
    std::string_view name;  ///< file name without extension, e.g. V0001__baseline
    std::string_view sql;   ///< statements, each ending with `;` at the end of a line
};

/// Ascending by version.
[[nodiscard]] std::vector<Migration> sqlite_migrations();
[[nodiscard]] std::vector<Migration> mysql_migrations();

}  // namespace edgeroll::control
