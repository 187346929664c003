// Times given by users, in the databases' format.
#pragma once

#include <string>
#include <string_view>

#include "release/result.hpp"

namespace edgeroll::control {

/// RFC 3339 (`2026-11-21T02:00:00Z`, `…T10:00:00.5+08:00`) to UTC `YYYY-MM-DD HH:MM:SS.mmm`. The
/// text of an error (2002) follows the field's name. Years 1971 to 2037, the range of MySQL's
/// TIMESTAMP.
[[nodiscard]] release::Result<std::string> database_time(std::string_view rfc3339);

}  // namespace edgeroll::control
