// Completion for shells, made from the tree of commands itself: nothing is listed by hand.
#pragma once

#include <string>

#include "control/cli/command_tree.hpp"

namespace edgeroll::cli {

/// `completion bash`; returns that command.
const CLI::App* add_completion_commands(CommandTree& tree);

/// A bash script that completes the commands below `app`, their options, values of a type "a|b"
/// and, for the type FILE, file names.
[[nodiscard]] std::string bash_completion(const CLI::App& app);

}  // namespace edgeroll::cli
