// Values that are not there: what a script passes where a shell variable is not set.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::cli {

/// Empty, or nothing but blanks.
[[nodiscard]] bool is_blank(std::string_view text);

/// Every option and argument of the tree that takes a value refuses a blank one: `--node ''` must
/// not come to mean every node. For a tree that is complete.
void refuse_blank_values(CLI::App& app);

/// The first word that ends where its value should begin (`--node=`), which the parser would fill
/// with the next word. An error for one line, or nothing.
[[nodiscard]] std::optional<std::string> find_cut_option(const std::vector<std::string>& arguments);

}  // namespace edgeroll::cli
