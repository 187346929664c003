// Settings from the environment and a TOML file, described in one typed table (docs/contract.md
// section 2).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"
#include "release/time.hpp"
#include "tls/rt/secret_file.hpp"

namespace edgeroll::rt {

/// One setting. `parse` stores the value; its error is in words that follow the setting's name
/// ("must be a number of seconds above 0, e.g. 15").
struct Setting {
    std::string name;          ///< environment variable; the TOML key is the same in lower case
    std::string default_text;  ///< shown in --help; empty: none
    std::string help;
    bool is_secret = false;  ///< never shown anywhere
    /// For a secret setting: whether this text contains a secret. Empty: every text does.
    std::function<bool(std::string_view text)> holds_secret{};
    std::function<std::optional<std::string>(std::string_view text)> parse;
};

// Ready-made parsers. Each binds a variable, which must outlive the table.
[[nodiscard]] Setting text_setting(std::string name, std::string& target, std::string help);
[[nodiscard]] Setting secret_setting(std::string name, std::string& target, std::string help);
[[nodiscard]] Setting flag_setting(std::string name, bool& target, std::string help);  ///< 0 or 1
/// ALLOW_LOOSE_FILES.
[[nodiscard]] Setting loose_files_setting(LooseFiles& target);
/// LOG_LEVEL.
[[nodiscard]] Setting log_level_setting(std::string& target);
/// Seconds, with fractions down to a millisecond. @param least smallest valid value
[[nodiscard]] Setting seconds_setting(std::string name, release::Millis& target,
                                      release::Millis least, std::string help);
[[nodiscard]] Setting number_setting(std::string name, int& target, int least, int most,
                                     std::string help);
[[nodiscard]] Setting choice_setting(std::string name, std::string& target,
                                     std::vector<std::string> choices, std::string help);

/// The environment as a map: the only use of getenv.
[[nodiscard]] std::map<std::string, std::string> environment();

/// Applies the TOML file (if a path is given; unknown keys are an error that names them), then the
/// environment, which wins. Error: one line with the setting's name, the fault and the cure; never
/// a secret's value. A file with a secret that everybody may read is an error, unless
/// ALLOW_LOOSE_FILES (a setting of the table) is 1 in the environment or the file.
[[nodiscard]] release::Result<void> load_settings(const std::vector<Setting>& table,
                                                  const std::string& toml_path,
                                                  const std::map<std::string, std::string>& env);

/// The table as text for --help: name, default, meaning.
[[nodiscard]] std::string settings_help(const std::vector<Setting>& table);

}  // namespace edgeroll::rt
