// Command lines to copy, as printed by `release plan`.
#pragma once

#include <string>

#include "control/cli/commands.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::cli {

/// Quotes a word for a POSIX shell: unchanged without special characters, else in single quotes.
[[nodiscard]] std::string shell_quoted(const std::string& word);

/// `edgeroll release create …` for the same request with this plan. Writes out batch_config, so
/// that later changes to a file have no effect.
[[nodiscard]] std::string create_command_line(const ReleaseCreate& what,
                                              const release::wire::Json& batch_config,
                                              const std::string& plan_sha256);

}  // namespace edgeroll::cli
