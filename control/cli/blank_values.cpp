#include "control/cli/blank_values.hpp"

#include <algorithm>

namespace edgeroll::cli {
namespace {

constexpr const char* cure =
    "is empty: is a shell variable not set? Give a value, or leave the option out";

CLI::Validator has_something() {
    auto validator = CLI::Validator(
        [](std::string& text) { return is_blank(text) ? std::string(cure) : std::string(); }, "",
        "");
    validator.non_modifying();
    return validator;
}

}  // namespace

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

void refuse_blank_values(CLI::App& app) {
    for (CLI::Option* const option : app.get_options()) {
        // Before the option's other checks, which would complain that the empty text is not a
        // number.
        if (option->get_items_expected_max() > 0) option->transform(has_something());
    }
    for (CLI::App* const below : app.get_subcommands([](CLI::App*) { return true; }))
        refuse_blank_values(*below);
}

std::optional<std::string> find_cut_option(const std::vector<std::string>& arguments) {
    for (const std::string& word : arguments) {
        if (word == "--") break;
        const bool is_cut = word.starts_with("--") && word.find('=') + 1 == word.size();
        if (is_cut) return word + " " + cure;
    }
    return {};
}

}  // namespace edgeroll::cli
