#include "control/cli/options.hpp"

#include <algorithm>
#include <sstream>

#include "control/cli/blank_values.hpp"
#include "control/cli/command_tree.hpp"
#include "control/cli/completion.hpp"
#include "control/cli/option_checks.hpp"
#include "control/cli/text.hpp"
#include "release/words.hpp"

namespace edgeroll::cli {
namespace {

constexpr release::Words<Format> format_words({
    {Format::table, "table"},
    {Format::json, "json"},
});

constexpr const char* about =
    "edgeroll: make, watch and steer releases, and keep the inventory of edge nodes, over "
    "edgeroll-control's API.";

constexpr const char* footnote =
    "Settings:\n"
    "  EDGEROLL_URL    where edgeroll-control answers (default http://127.0.0.1:8080)\n"
    "  EDGEROLL_TOKEN  API token; edgeroll-control token NAME prints one\n"
    "\n"
    "Exit status:\n"
    "  0  success\n"
    "  1  the release that was followed failed or was cancelled (watch, wait, create --watch)\n"
    "  2  wrong usage, control refused the request, or you said no\n"
    "  3  control is not reachable, or cannot do it now\n"
    "  4  release wait: not in the time given\n"
    "\n"
    "Example:\n"
    "  edgeroll release watch 7";

/// "list, show or watch"
std::string names_of(const CLI::App& group) {
    std::string names;
    const auto commands = group.get_subcommands([](const CLI::App* command) {
        return !command->get_name().empty();  // option groups have no name
    });
    for (std::size_t at = 0; at < commands.size(); ++at) {
        const bool is_last = at + 1 == commands.size();
        names += (at == 0 ? "" : is_last ? " or " : ", ") + commands[at]->get_name();
    }
    return names;
}

/// The deepest subcommand that was typed.
const CLI::App& last_command(const CLI::App& app) {
    const CLI::App* command = &app;
    while (!command->get_subcommands().empty())
        command = command->get_subcommands().front();
    return *command;
}

Ended usage_error(const CLI::App& app, const std::string& message) {
    // CLI11 includes the group in the parent's name: "edgeroll release show".
    std::string name;
    for (const CLI::App* part = &last_command(app); part != nullptr; part = part->get_parent()) {
        name.insert(0, part->get_name() + (name.empty() ? "" : " "));
    }
    return {ExitStatus::refused, "",
            "edgeroll: " + printable(message) + "\nSee: " + name + " --help\n"};
}

/// Allows the program's options after its commands.
void let_global_options_follow(CLI::App& command) {
    command.fallthrough();
    for (CLI::App* const below : command.get_subcommands([](CLI::App*) { return true; }))
        let_global_options_follow(*below);
}

void add_global_options(CLI::App& app, Invocation& invocation, std::string& format) {
    app.add_option("--url", invocation.url, "where control answers, instead of EDGEROLL_URL")
        ->type_name("URL");
    app.add_option("--token-file", invocation.token_file,
                   "file with the API token, instead of EDGEROLL_TOKEN")
        ->type_name("FILE");
    app.add_option("-o,--output", format, "table, or json: the API's data as it is")
        ->check(is_one_of(release::choice<Format>()))
        ->type_name(release::choice<Format>())
        ->capture_default_str();
}

/// Nothing on success.
std::optional<Ended> parse(CLI::App& app, std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // the order CLI11 expects
    try {
        app.parse(std::move(arguments));
    } catch (const CLI::Success& wanted) {
        std::ostringstream out;
        std::ostringstream err;
        app.exit(wanted, out, err);
        return Ended{ExitStatus::success, out.str(), err.str()};
    } catch (const CLI::ExtrasError&) {
        std::string words;
        for (const std::string& word : app.remaining(true))
            words += " " + word;
        return usage_error(app, "not understood:" + words);
    } catch (const CLI::ParseError& error) {
        return usage_error(app, error.what());
    }
    return {};
}

/// `plan` prints a command line for the same control.
void keep_global_options(Invocation& invocation) {
    auto* const create = std::get_if<ReleaseCreate>(&invocation.command);
    if (create == nullptr) return;
    if (!invocation.url.empty()) {
        create->global_options.insert(create->global_options.end(), {"--url", invocation.url});
    }
    if (!invocation.token_file.empty()) {
        create->global_options.insert(create->global_options.end(),
                                      {"--token-file", invocation.token_file});
    }
}

}  // namespace

std::string_view to_text(Format format) {
    return format_words.text(format);
}

tl::expected<Invocation, Ended> parse_command_line(std::vector<std::string> arguments,
                                                   const std::string& program_version) {
    CLI::App app(about, "edgeroll");
    app.set_version_flag("--version", "edgeroll " + program_version);
    app.footer(footnote);
    Invocation invocation;
    std::string format(to_text(Format::table));
    add_global_options(app, invocation, format);
    CommandTree tree(app);
    add_release_commands(tree);
    add_other_commands(tree);
    const CLI::App* const bash = add_completion_commands(tree);
    let_global_options_follow(app);
    refuse_blank_values(app);

    if (const auto cut = find_cut_option(arguments)) {
        return tl::unexpected(usage_error(app, *cut));
    }
    if (auto ended = parse(app, std::move(arguments))) return tl::unexpected(std::move(*ended));
    const CLI::App& command = last_command(app);
    if (&command == bash) {
        return tl::unexpected(Ended{ExitStatus::success, bash_completion(app), ""});
    }
    // Checked here because for `release wath 7` CLI11 would report a missing subcommand.
    const auto* const make = tree.maker(&command);
    if (make == nullptr) {
        return tl::unexpected(usage_error(app, "say which: " + names_of(command)));
    }
    auto made = (*make)();
    if (!made) return tl::unexpected(usage_error(app, made.error()));
    invocation.command = std::move(*made);
    invocation.format = format_words.value(format).value_or(Format::table);
    keep_global_options(invocation);
    return invocation;
}

}  // namespace edgeroll::cli
