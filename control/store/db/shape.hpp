// Whether the tables are such that this program's statements work, whatever the schema's number is.
#pragma once

#include <string>

#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// What stands in the way, with the cure; empty if nothing does: a table or column that the
/// program's own migrations make is missing, a column that it does not know must be given a value,
/// or a text column cannot hold every letter.
[[nodiscard]] std::string shape_complaint(Connection& connection);

}  // namespace edgeroll::control
