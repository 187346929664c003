// What a database says about a failure, as it may be logged.
#pragma once

#include <string>

namespace edgeroll::control {

/// The words without what rows and statements hold: an error message quotes the value that it is
/// about. Names of tables, columns and keys stay. One line of at most 300 bytes.
/// @param number the server's error number; 0 where there is none
[[nodiscard]] std::string server_words(int number, const std::string& text);

}  // namespace edgeroll::control
