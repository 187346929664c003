// Refuses blank values: a script passes them when a shell variable is not set.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::cli {

/// Empty or only blanks.
[[nodiscard]] bool is_blank(std::string_view text);

/// Makes every option and argument of the tree that takes a value refuse a blank one: `--node ''`
/// must not mean every node. Call when the tree is complete.
void refuse_blank_values(CLI::App& app);

/// The first option without its value (`--node=`), for which the parser would take the next word.
/// One line for the error, or nothing.
[[nodiscard]] std::optional<std::string> find_cut_option(const std::vector<std::string>& arguments);

}  // namespace edgeroll::cli
