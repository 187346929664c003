#include "control/cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

constexpr const char* about =
    "edgeroll: watch releases and keep the inventory of edge nodes, over edgeroll-control's API.";

constexpr const char* footnote =
    "Settings:\n"
    "  EDGEROLL_URL    where edgeroll-control answers (default http://127.0.0.1:8080)\n"
    "  EDGEROLL_TOKEN  API token; edgeroll-control token NAME prints one\n"
    "\n"
    "Exit status:\n"
    "  0  success\n"
    "  1  release watch: the release failed or was cancelled\n"
    "  2  wrong usage, or control refused the request\n"
    "  3  control is not reachable, or cannot do it now\n"
    "\n"
    "Example:\n"
    "  edgeroll release watch 7";

/// Ids and versions; says what would be right, which a range up to 2^63 does not.
const CLI::Validator id_range(
    [](const std::string& text) {
        const bool is_number = !text.empty() && text.size() < 19 && text.front() != '0' &&
                               text.find_first_not_of("0123456789") == std::string::npos;
        return is_number ? std::string() : printable(text) + " is not a whole number above 0";
    },
    "");

/// Everything the parser writes into, before it is known which command was meant.
struct Typed {
    Invocation invocation;
    std::string format = "table";
    ReleaseList list;
    ReleaseShow show;
    ReleaseWatch watch;
    ConfigPush push;
    NodeAdd add;
    std::vector<std::string> labels;
};

CLI::App* add_command(CLI::App& group, const char* name, const char* help, const char* example) {
    CLI::App* const command = group.add_subcommand(name, help);
    command->footer(std::string("Example:\n  ") + example);
    return command;
}

void add_release_commands(CLI::App& app, Typed& typed) {
    CLI::App& group = *app.add_subcommand("release", "List, show and watch releases");
    CLI::App* const list =
        add_command(group, "list", "List releases, newest first",
                    "edgeroll release list --status running --created-by pipeline");
    list->add_option("--status", typed.list.status,
                     "pending, running, paused, success, failed or cancelled");
    list->add_option("--type", typed.list.type, "task type, e.g. apply_config");
    list->add_option("--created-by", typed.list.created_by, "who made it");
    list->add_option("-q,--query", typed.list.q, "text in reason, last error or version");
    list->add_option("--sort", typed.list.sort,
                     "id, version, created_at, updated_at or status; -id descends (the default)");
    list->add_option("--page", typed.list.page, "page, from 1")
        ->check(CLI::Range(1, 1'000'000'000))
        ->capture_default_str();
    list->add_option("--page-size", typed.list.page_size, "releases a page, at most 100")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    CLI::App* const show = add_command(group, "show", "Show a release with its batches and nodes",
                                       "edgeroll release show 7 -o json | jq .waitingFor");
    show->add_option("ID", typed.show.id, "release id")->required()->check(id_range);
    CLI::App* const watch = add_command(
        group, "watch",
        "Follow a release until it is finished: a picture on a terminal, a line for each change in "
        "a pipe. Goes on when control is restarted. Exit status 1: it failed or was cancelled",
        "edgeroll release watch 7 && echo rolled out");
    watch->add_option("ID", typed.watch.id, "release id")->required()->check(id_range);
    watch
        ->add_option("--give-up-after", typed.watch.give_up_after_sec,
                     "seconds without an answer from control after which to end with status 3; "
                     "0: never")
        ->check(CLI::Range(0.0, 1e9))
        ->capture_default_str();
}

void add_config_commands(CLI::App& app, Typed& typed) {
    CLI::App& group = *app.add_subcommand("config", "Store configuration versions");
    CLI::App* const push = add_command(
        group, "push",
        "Store a configuration version: a payload in JSON, or a folder whose files become the "
        "payload with their relative paths and permission bits",
        "edgeroll config push ./site 42 --note 'new cache rules' --template '*.conf'");
    push->add_option("PATH", typed.push.path, "payload file (JSON) or folder")->required();
    push->add_option("VERSION", typed.push.version, "version number")->required()->check(id_range);
    push->add_option("--note", typed.push.note, "kept with the version");
    push->add_option("--template", typed.push.templates,
                     "files of the folder in which agents fill in ${node.name} and the like; a "
                     "pattern with a slash is for the whole path, without for the name; may be "
                     "repeated")
        ->type_name("GLOB")
        ->allow_extra_args(false);
}

void add_node_commands(CLI::App& app, Typed& typed) {
    CLI::App& group = *app.add_subcommand("node", "The inventory of edge nodes");
    add_command(group, "list", "List nodes", "edgeroll node list");
    CLI::App* const add = add_command(group, "add", "Add a node",
                                      "edgeroll node add edge-1 10.0.0.7 --label region=eu");
    add->add_option("NAME", typed.add.name, "name, as in its certificate")->required();
    add->add_option("IP", typed.add.ip, "address of its agent")->required();
    add->add_option("--port", typed.add.port, "port of its agent")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    add->add_option("--label", typed.labels, "e.g. region=eu; may be repeated")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    add->add_option("--fingerprint", typed.add.fingerprint,
                    "pin: SHA-256 of its certificate, 64 hex digits");
}

/// The label texts as a map; the error says which one is wrong.
tl::expected<std::map<std::string, std::string>, std::string> read_labels(
    const std::vector<std::string>& texts) {
    std::map<std::string, std::string> labels;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            return tl::unexpected("--label " + printable(text) +
                                  ": write it as NAME=VALUE, e.g. region=eu");
        }
        if (!labels.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
            return tl::unexpected("--label " + printable(text) + ": the name is given twice");
        }
    }
    return labels;
}

/// "list, show or watch"
std::string names_of(const CLI::App& group) {
    std::string names;
    const auto commands = group.get_subcommands([](const CLI::App*) { return true; });
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
    // CLI11 counts the group above as the parent's name: "edgeroll release show".
    std::string name;
    for (const CLI::App* part = &last_command(app); part != nullptr; part = part->get_parent()) {
        name.insert(0, part->get_name() + (name.empty() ? "" : " "));
    }
    return {ExitStatus::refused, "",
            "edgeroll: " + printable(message) + "\nSee: " + name + " --help\n"};
}

Command command_of(const CLI::App& app, const Typed& typed) {
    const CLI::App& command = last_command(app);
    const std::string name = command.get_parent()->get_name() + " " + command.get_name();
    if (name == "release list") return typed.list;
    if (name == "release show") return typed.show;
    if (name == "release watch") return typed.watch;
    if (name == "config push") return typed.push;
    if (name == "node add") return typed.add;
    return NodeList{};
}

}  // namespace

tl::expected<Invocation, Ended> parse_command_line(std::vector<std::string> arguments,
                                                   const std::string& program_version) {
    CLI::App app(about, "edgeroll");
    app.set_version_flag("--version", "edgeroll " + program_version);
    app.footer(footnote);
    app.fallthrough();  // global options may follow the command
    Typed typed;
    app.add_option("--url", typed.invocation.url, "where control answers, instead of EDGEROLL_URL");
    app.add_option("--token-file", typed.invocation.token_file,
                   "file with the API token, instead of EDGEROLL_TOKEN");
    app.add_option("-o,--output", typed.format, "table, or json: the API's data as it is")
        ->check(CLI::IsMember({"table", "json"}).description(""))
        ->type_name("FORMAT")
        ->capture_default_str();
    add_release_commands(app, typed);
    add_config_commands(app, typed);
    add_node_commands(app, typed);
    for (CLI::App* const group : app.get_subcommands({})) {
        group->fallthrough();
        for (CLI::App* const command : group->get_subcommands({}))
            command->fallthrough();
    }

    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants it
    try {
        app.parse(std::move(arguments));
    } catch (const CLI::Success& wanted) {
        std::ostringstream out;
        std::ostringstream err;
        app.exit(wanted, out, err);
        return tl::unexpected(Ended{ExitStatus::success, out.str(), err.str()});
    } catch (const CLI::ExtrasError&) {
        std::string words;
        for (const std::string& word : app.remaining(true))
            words += " " + word;
        return tl::unexpected(usage_error(app, "not understood:" + words));
    } catch (const CLI::ParseError& error) {
        return tl::unexpected(usage_error(app, error.what()));
    }
    // Not left to CLI11: of `release wath 7` it would say that a subcommand is missing.
    if (!last_command(app).get_subcommands({}).empty()) {
        return tl::unexpected(usage_error(app, "say which: " + names_of(last_command(app))));
    }
    auto labels = read_labels(typed.labels);
    if (!labels) return tl::unexpected(usage_error(app, labels.error()));
    typed.add.labels = std::move(*labels);
    typed.invocation.format = typed.format == "json" ? Format::json : Format::table;
    typed.invocation.command = command_of(app, typed);
    return std::move(typed.invocation);
}

}  // namespace edgeroll::cli
