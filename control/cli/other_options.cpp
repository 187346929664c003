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
    push->add_option("--secret", typed->secrets,
                     "files of the folder that control keeps encrypted and never shows; "
                     "patterns as for --template; may be repeated")
        ->type_name("GLOB")
        ->allow_extra_args(false);
    push->add_flag(
        "--allow-plain-keys", typed->allows_plain_keys,
        "push private keys that are not secret, readable for admins and in the database");
    push->add_flag("--dereference", typed->follows_links,
                   "follow links in the folder instead of refusing them");
}

void add_node_commands(CommandTree& tree) {
    CLI::App& group = tree.group("node", "The inventory of edge nodes");
    const auto [list, listed] =
        tree.add<NodeList>(group, "list", "List nodes", "edgeroll node list --drift");
    list->add_flag("--drift", listed->is_drift_only,
                   "only nodes whose content differs from the wanted one");
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

template <class T>
void add_pages(CLI::App& command, T& typed) {
    command.add_option("--page", typed.page, "page, from 1")
        ->check(CLI::Range(1, 1'000'000).description(""))
        ->capture_default_str();
    command.add_option("--page-size", typed.page_size, "rows a page, at most 100")
        ->check(CLI::Range(1, 100).description(""))
        ->capture_default_str();
}

void add_ban_add(CommandTree& tree, CLI::App& group) {
    const auto [add, typed] = tree.add<BanAdd>(
        group, "add",
        "Ban a content: no release uses it unless forced, agents refuse it, and an unfinished "
        "release of it that is not forced fails",
        "edgeroll ban add --version 42 --reason 'breaks logins, ticket 317'");
    add->add_option("--version", typed->version, "the content of that version")
        ->check(is_id())
        ->type_name("N");
    add->add_option("--sha256", typed->sha256, "the content with that digest")
        ->check(is_digest())
        ->type_name("SHA256");
    add->add_option("--reason", typed->reason, "kept with the ban, and told to whoever meets it")
        ->required();
    tree.set_maker(add, [typed = typed]() -> Made {
        if ((typed->version > 0) == !typed->sha256.empty()) {
            return tl::unexpected(
                std::string("say which content: give one of --version and --sha256"));
        }
        return Command(*typed);
    });
}

void add_ban_commands(CommandTree& tree) {
    CLI::App& group = tree.group("ban", "Contents that must not be released");
    add_ban_add(tree, group);
    const auto [list, listed] =
        tree.add<BanList>(group, "list", "List bans, the newest first", "edgeroll ban list");
    add_pages(*list, *listed);
    const auto [remove, typed] =
        tree.add<BanRemove>(group, "remove", "Lift a ban: the content may be released again",
                            "edgeroll ban remove "
                            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    remove->add_option("SHA256", typed->sha256, "digest, as edgeroll ban list shows it")
        ->required();
}

void add_reconciliation_commands(CommandTree& tree) {
    CLI::App& group =
        tree.group("reconciliation", "Nodes that are given by themselves what they lack");
    tree.add<ReconciliationShow>(
        group, "show",
        "Whether it works, the nodes that are served now, come next or wait, and for what, and "
        "those that ended last",
        "edgeroll reconciliation show");
    const auto [resume, typed] = tree.add<ReconciliationContinue>(
        group, "continue",
        "Go on after failures (for admins): forgives those that stopped it, and nodes that failed "
        "are tried again",
        "edgeroll reconciliation continue --reason 'disk of edge-3 replaced'");
    resume->add_option("--reason", typed->reason, "why; kept in the audit log");
}

void add_audit(CommandTree& tree) {
    const auto [audit, typed] =
        tree.add<AuditList>(tree.root(), "audit", "Who did what, the newest first (for admins)",
                            "edgeroll audit --object node:7 --since 2026-01-31T08:00:00Z");
    audit->add_option("--actor", typed->actor, "of this one, e.g. token:ann")->type_name("ACTOR");
    audit->add_option("--action", typed->action, "e.g. node.change")->type_name("ACTION");
    audit->add_option("--object", typed->object, "e.g. node:7, release:12 or config:42")
        ->type_name("OBJECT");
    audit->add_option("--since", typed->since, "from this moment on")
        ->check(is_moment())
        ->type_name("TIME");
    add_pages(*audit, *typed);
}

}  // namespace

void add_other_commands(CommandTree& tree) {
    add_config_commands(tree);
    add_node_commands(tree);
    add_ban_commands(tree);
    add_reconciliation_commands(tree);
    add_audit(tree);
    tree.add<Stats>(tree.root(), "stats", "Figures of control and its releases",
                    "edgeroll stats -o json");
}

}  // namespace edgeroll::cli
