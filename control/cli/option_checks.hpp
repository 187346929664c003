// Validators for option values. Each message says what would be right; CLI11's own do not.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace edgeroll::cli {

[[nodiscard]] CLI::Validator is_id();              ///< a whole number above 0: ids, versions
[[nodiscard]] CLI::Validator is_label();           ///< NAME=VALUE
[[nodiscard]] CLI::Validator is_pool();            ///< NAME=N
[[nodiscard]] CLI::Validator is_pool_or_none();    ///< NAME=N or none
[[nodiscard]] CLI::Validator is_count_or_none();   ///< N or none
[[nodiscard]] CLI::Validator is_count_or_share();  ///< N or N%
[[nodiscard]] CLI::Validator is_batch_list();      ///< 1,5%,20%,rest
[[nodiscard]] CLI::Validator is_moment();          ///< RFC 3339 with a zone
[[nodiscard]] CLI::Validator is_sha256();          ///< 64 hex digits, of a plan
[[nodiscard]] CLI::Validator is_digest();          ///< 64 hex digits, of a content
[[nodiscard]] CLI::Validator is_goal();            ///< done, success, paused or batch:N
[[nodiscard]] CLI::Validator is_key();             ///< 1 to 200 visible ASCII characters
/// One of "table|json"; as the type name it also shows the choices in --help and completion.
[[nodiscard]] CLI::Validator is_one_of(std::string_view choices);

/// The parts between separators.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

/// Parses "region=eu" texts into a map. Error: the invalid text, or a repeated name.
[[nodiscard]] tl::expected<std::map<std::string, std::string>, std::string> read_pairs(
    const char* option, const std::vector<std::string>& texts);

}  // namespace edgeroll::cli
