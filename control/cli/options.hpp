// Parses the command line.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "control/cli/commands.hpp"
#include "control/cli/exit_status.hpp"

namespace edgeroll::cli {

enum class Format { table, json };
[[nodiscard]] std::string_view to_text(Format format);

struct Invocation {
    std::string url;         ///< --url; empty: not given
    std::string token_file;  ///< --token-file; empty: not given
    Format format = Format::table;
    Command command;
};

/// No command to run: --help, --version, a completion script or a usage error.
struct Ended {
    ExitStatus status = ExitStatus::success;
    std::string out, err;
};

/// @param arguments without the program's name
[[nodiscard]] tl::expected<Invocation, Ended> parse_command_line(
    std::vector<std::string> arguments, const std::string& program_version);

}  // namespace edgeroll::cli
