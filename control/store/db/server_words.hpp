// Error messages of a database in a form that may be logged.
#pragma once

#include <string>

namespace edgeroll::control {

/// The message without the values of rows and statements: an error message quotes the value that
/// caused it. Names of tables, columns and keys stay. One line of at most 300 bytes.
/// @param number the server's error number; 0: none
[[nodiscard]] std::string server_words(int number, const std::string& text);

}  // namespace edgeroll::control
