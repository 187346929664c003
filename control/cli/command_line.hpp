// Command lines to copy: what `release plan` prints.
#pragma once

#include <string>

#include "control/cli/commands.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::cli {

/// For a POSIX shell: as it is where nothing in it is special, else in single quotes.
[[nodiscard]] std::string shell_quoted(const std::string& word);

/// `edgeroll release create …` for the same request with this plan. batch_config is written out, so
/// that a file that changes later changes nothing.
[[nodiscard]] std::string create_command_line(const ReleaseCreate& what,
                                              const release::wire::Json& batch_config,
                                              const std::string& plan_sha256);

}  // namespace edgeroll::cli
