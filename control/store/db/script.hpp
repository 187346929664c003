// Splits the text of a migration into statements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::control {

/// A statement ends with `;` at the end of a line; comments occupy whole lines.
[[nodiscard]] std::vector<std::string> script_statements(std::string_view script);

}  // namespace edgeroll::control
