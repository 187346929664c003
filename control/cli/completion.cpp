#include "control/cli/completion.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "control/cli/option_checks.hpp"

namespace edgeroll::cli {
namespace {

/// The static part of the bash script; _edgeroll_at and _edgeroll_value are generated.
constexpr const char* script_head = R"(# Completion for edgeroll. In ~/.bashrc:
#   source <(edgeroll completion bash)

_edgeroll_files() {
    compopt -o filenames 2>/dev/null || true
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_edgeroll_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_edgeroll() {
    local cur=${COMP_WORDS[COMP_CWORD]} path='' pending='' words='' takes='' files='' word at
    COMPREPLY=()
    _edgeroll_at "$path"
    for ((at = 1; at < COMP_CWORD; ++at)); do
        word=${COMP_WORDS[at]}
        if [[ $word == '=' ]]; then
            continue  # --output=json arrives as three words
        elif [[ -n $pending ]]; then
            pending=''
        elif [[ " $takes " == *" $word "* ]]; then
            pending=$word
        elif [[ $word != -* && " $words " == *" $word "* ]]; then
            path="$path $word"
            _edgeroll_at "$path"
        fi
    done
    [[ $cur == '=' ]] && cur=''
    if [[ -n $pending ]]; then
        _edgeroll_value "$path $pending" "$cur"
    elif [[ -n $files && $cur != -* ]]; then
        _edgeroll_files "$cur"
    else
        _edgeroll_words "$words" "$cur"
    fi
}

)";

bool takes_value(const CLI::Option& option) {
    return option.get_items_expected_max() > 0;
}

/// "--output" and "-o", with their leading dashes.
std::vector<std::string> names_of(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.get_lnames())
        names.push_back("--" + name);
    for (const std::string& name : option.get_snames())
        names.push_back("-" + name);
    return names;
}

/// The command's options and those of its option groups, which CLI11 keeps as apps without a name.
std::vector<const CLI::Option*> options_of(const CLI::App& command) {
    std::vector<const CLI::Option*> options = command.get_options();
    for (const CLI::App* const below :
         command.get_subcommands([](const CLI::App*) { return true; })) {
        if (!below->get_name().empty()) continue;
        const auto more = options_of(*below);
        options.insert(options.end(), more.begin(), more.end());
    }
    return options;
}

/// An option's fixed values, from its type: the lower-case words of "a|b"; of "LABEL=N|none" only
/// "none".
std::string values_of(const std::string& type) {
    std::string words;
    if (type.find('|') == std::string::npos) return words;
    for (const std::string& word : split(type, '|')) {
        const bool is_fixed = std::all_of(word.begin(), word.end(), [](unsigned char c) {
            return std::islower(c) != 0 || c == '_';
        });
        if (is_fixed) words += (words.empty() ? "" : " ") + word;
    }
    return words;
}

struct Facts {
    std::string at;      ///< cases of _edgeroll_at: words, and those that take a value
    std::string values;  ///< cases of _edgeroll_value
};

void add_value(Facts& facts, const std::string& pattern, const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const std::string words = values_of(type);
    if (type == "FILE") {
        facts.values += "        " + pattern + ") _edgeroll_files \"$2\" ;;\n";
    } else if (!words.empty()) {
        facts.values += "        " + pattern + ") _edgeroll_words '" + words + "' \"$2\" ;;\n";
    }
}

/// @param global the program's options, allowed after every command
void add_command(Facts& facts, const std::string& path, const CLI::App& command,
                 const std::vector<const CLI::Option*>& global) {
    std::string words;
    std::string takes;
    bool has_files = false;
    for (const CLI::App* const below :
         command.get_subcommands([](const CLI::App*) { return true; })) {
        if (below->get_name().empty()) continue;
        words += below->get_name() + " ";
        add_command(facts, path + " " + below->get_name(), *below, global);
    }
    auto options = options_of(command);
    if (!path.empty()) options.insert(options.end(), global.begin(), global.end());
    for (const CLI::Option* const option : options) {
        if (option->get_positional()) has_files |= option->get_type_name() == "FILE";
        std::string pattern;
        for (const std::string& name : names_of(*option)) {
            words += name + " ";
            if (!takes_value(*option)) continue;
            takes += name + " ";
            pattern += (pattern.empty() ? "'" : "|'") + path + " " + name + "'";
        }
        if (!pattern.empty()) add_value(facts, pattern, *option);
    }
    facts.at += "        '" + path + "') words='" + words + "' takes='" + takes + "' files='" +
                (has_files ? "1" : "") + "' ;;\n";
}

}  // namespace

const CLI::App* add_completion_commands(CommandTree& tree) {
    CLI::App& group = tree.group("completion", "Completion for shells");
    CLI::App* const bash = group.add_subcommand("bash", "Print a completion script for bash");
    bash->footer("Example:\n  source <(edgeroll completion bash)");
    return bash;
}

std::string bash_completion(const CLI::App& app) {
    std::vector<const CLI::Option*> global;
    for (const CLI::Option* const option : app.get_options()) {
        // --help belongs to every command, --version to the program only.
        if (takes_value(*option)) global.push_back(option);
    }
    Facts facts;
    add_command(facts, "", app, global);
    return std::string(script_head) + "_edgeroll_at() {\n    case $1 in\n" + facts.at +
           "    esac\n}\n\n_edgeroll_value() {\n    case $1 in\n" + facts.values +
           "    esac\n}\n\ncomplete -F _edgeroll edgeroll\n";
}

}  // namespace edgeroll::cli
