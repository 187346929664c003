// The format of log lines. Pure, so that the escaping can be tested.
#pragma once

#include <string>
#include <string_view>

#include "tls/rt/log.hpp"

namespace edgeroll::rt {

/// Longer values are cut, so that no peer can fill the log with one line.
inline constexpr std::size_t log_value_bytes_max = 256;

[[nodiscard]] std::string_view to_text(LogLevel level);

/// `info edgeroll-agent event=x a=1 b="two words"`
[[nodiscard]] std::string format_text_line(LogLevel level, std::string_view program,
                                           std::string_view event, const LogFields& fields);

/// `"level":"info","program":"edgeroll-agent","event":"x","a":"1"}`: the writer adds the opening
/// brace and the time. Every value is a string.
[[nodiscard]] std::string format_json_line(LogLevel level, std::string_view program,
                                           std::string_view event, const LogFields& fields);

/// Makes text safe inside double quotes, in JSON and on a terminal: escapes quotes, backslashes,
/// control characters (also U+0080..U+009F) and characters that change the writing direction; bad
/// UTF-8 becomes U+FFFD.
/// @param bytes_max longer text is cut at a character and "..." is appended
[[nodiscard]] std::string escape(std::string_view text,
                                 std::size_t bytes_max = log_value_bytes_max);

}  // namespace edgeroll::rt
