#include "control/cli/command_tree.hpp"
#include "control/cli/option_checks.hpp"

namespace edgeroll::cli {
namespace {

void add_config_commands(CommandTree& tree) {
    CLI::App& group = tree.group("config", "Store configuration versions");
    const auto [push, typed] = tree.add<ConfigPush>(
        group, "push",
        "Store a configuration version: a payload in JSON, or a folder whose files become the "
        "payload with their relative paths and permission bits",
        "edgeroll config push ./site 42 --note 'new cache rules' --template '*.conf'");
    push->add_option("PATH", typed->path, "payload file (JSON) or folder")
        ->required()
        ->type_name("FILE");
    push->add_option("VERSION", typed->version, "version number")->required()->check(is_id());
    push->add_option("--note", typed->note, "kept with the version");
    push->add_option("--template", typed->templates,
                     "files of the folder in which agents fill in ${node.name} and the like; a "
                     "pattern with a slash is for the whole path, without for the name; may be "
                     "repeated")
        ->type_name("GLOB")
        ->allow_extra_args(false);
}

void add_node_commands(CommandTree& tree) {
    CLI::App& group = tree.group("node", "The inventory of edge nodes");
    const auto [list, listed] =
        tree.add<NodeList>(group, "list", "List nodes", "edgeroll node list --drift");
    list->add_flag("--drift", listed->is_drift_only,
                   "only nodes whose content is not the one they should have");
    const auto [add, typed] = tree.add<NodeAdd>(
        group, "add", "Add a node", "edgeroll node add edge-1 10.0.0.7 --label region=eu");
    add->add_option("NAME", typed->name, "name, as in its certificate")->required();
    add->add_option("IP", typed->ip, "address of its agent")->required();
    add->add_option("--port", typed->port, "port of its agent")
        ->check(CLI::Range(1, 65535).description(""))
        ->capture_default_str();
    const auto labels = std::make_shared<std::vector<std::string>>();
    add->add_option("--label", *labels, "e.g. region=eu; may be repeated")
        ->check(is_label())
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    add->add_option("--fingerprint", typed->fingerprint,
                    "pin: SHA-256 of its certificate, 64 hex digits");
    tree.set_maker(add, [typed = typed, labels]() -> Made {
        auto read = read_pairs("--label", *labels);
        if (!read) return tl::unexpected(read.error());
        typed->labels = std::move(*read);
        return Command(*typed);
    });
}

}  // namespace

void add_other_commands(CommandTree& tree) {
    add_config_commands(tree);
    add_node_commands(tree);
    tree.add<Stats>(tree.root(), "stats", "Figures of control and its releases",
                    "edgeroll stats -o json");
}

}  // namespace edgeroll::cli
