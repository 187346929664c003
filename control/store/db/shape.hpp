// Whether this program's statements work with the tables, whatever the schema's number is.
#pragma once

#include <string>

#include "control/store/db/connection.hpp"

namespace edgeroll::control {

/// The obstacle with its remedy; empty: none. Obstacles are: a table or column of the program's own
/// migrations is missing, an unknown column has no default, or a text column cannot hold every
/// letter.
[[nodiscard]] std::string shape_complaint(Connection& connection);

}  // namespace edgeroll::control
