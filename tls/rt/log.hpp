// Log lines: `event=dispatch_sent release=7 node=12`, or one JSON object a line.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edgeroll::rt {

enum class LogLevel { debug, info, warn, error };
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

/// Sets up logging to standard error, once, in main.
/// @param level debug|info|warn|error
/// @param format text|json
/// @param program the binary's name, on every line
void set_up_log(const std::string& level, const std::string& format, const std::string& program);

/// Writes one line. Values are escaped (newline, quotes, control characters, bad UTF-8) and cut at
/// 256 bytes. Any thread; never blocks on the reader of standard error: up to 1 MiB of lines wait
/// for a slow reader, further lines are dropped and reported later by `event=log_lines_dropped
/// count=…`. Before set_up_log it writes text at level info.
void log(LogLevel level, std::string_view event, const LogFields& fields = {});

/// Gives a slow reader half a second to take waiting lines. Call before the process ends.
void flush_log();

}  // namespace edgeroll::rt
