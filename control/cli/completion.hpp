// Shell completion, generated from the tree of commands: no list is written by hand.
#pragma once

#include <string>

#include "control/cli/command_tree.hpp"

namespace edgeroll::cli {

/// `completion bash`; returns the `bash` command.
const CLI::App* add_completion_commands(CommandTree& tree);

/// A bash script that completes the commands below `app`, their options, values of a type "a|b",
/// and file names for the type FILE.
[[nodiscard]] std::string bash_completion(const CLI::App& app);

}  // namespace edgeroll::cli
