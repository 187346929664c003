#include "control/cli/command_tree.hpp"
#include "control/cli/option_checks.hpp"
#include "release/words.hpp"

namespace edgeroll::cli {
namespace {

void add_id(CLI::App& command, std::int64_t& id) {
    command.add_option("ID", id, "release id")->required()->check(is_id());
}

void add_list(CommandTree& tree, CLI::App& group) {
    const auto [list, typed] =
        tree.add<ReleaseList>(group, "list", "List releases, newest first",
                              "edgeroll release list --status running --created-by pipeline");
    list->add_option("--status", typed->status, "releases in this state")
        ->type_name(release::choice<release::ReleaseStatus>());
    list->add_option("--type", typed->type, "releases of this type")
        ->type_name(release::choice<release::TaskType>());
    list->add_option("--created-by", typed->created_by, "who made it")->type_name("NAME");
    list->add_option("-q,--query", typed->q, "text in reason, last error or version");
    list->add_option("--sort", typed->sort,
                     "id, version, created_at, updated_at or status; -id descends (the default)");
    list->add_option("--page", typed->page, "page, from 1")
        ->check(CLI::Range(1, 1'000'000'000).description(""))
        ->capture_default_str();
    list->add_option("--page-size", typed->page_size, "releases a page, at most 100")
        ->check(CLI::Range(1, 100).description(""))
        ->capture_default_str();
}

void add_watch(CommandTree& tree, CLI::App& group) {
    const auto [watch, typed] = tree.add<ReleaseWatch>(
        group, "watch",
        "Follow a release until it is finished: a picture on a terminal, a line for each change in "
        "a pipe. Goes on when control is restarted. Exit status 1: it failed or was cancelled",
        "edgeroll release watch 7 && echo rolled out");
    add_id(*watch, typed->id);
    watch
        ->add_option("--give-up-after", typed->give_up_after_sec,
                     "seconds without an answer from control after which to end with status 3; "
                     "0: never")
        ->check(CLI::Range(0.0, 1e9).description(""))
        ->type_name("SEC")
        ->capture_default_str();
}

void add_wait(CommandTree& tree, CLI::App& group) {
    const auto [wait, typed] = tree.add<ReleaseWait>(
        group, "wait",
        "Wait silently until a release has reached a goal. Exit status 0: reached; 1: "
        "it ended otherwise; 4: not in the time given",
        "edgeroll release wait 7 --for batch:1 --timeout 600 && run-smoke-tests");
    add_id(*wait, typed->id);
    wait->add_option("--for", typed->goal,
                     "done or success: it has ended, with status 1 if it failed or was cancelled; "
                     "paused: it waits between batches; batch:N: batch N is done")
        ->check(is_goal())
        ->type_name("done|success|paused|batch:N")
        ->capture_default_str();
    wait->add_option("--timeout", typed->timeout_sec,
                     "seconds after which to end with status 4; "
                     "0: none")
        ->check(CLI::Range(0.0, 1e9).description(""))
        ->type_name("SEC")
        ->capture_default_str();
}

CLI::App& add_steering(CommandTree& tree, CLI::App& group, Steering action, const char* name,
                       const char* help, const char* example,
                       std::shared_ptr<ReleaseSteer>* into = nullptr) {
    const auto [command, typed] = tree.add<ReleaseSteer>(group, name, help, example);
    typed->action = action;
    add_id(*command, typed->id);
    command->add_option("--reason", typed->reason, "kept in the release's history");
    if (action == Steering::stop || action == Steering::retry || action == Steering::rollback) {
        command->add_flag("-y,--yes", typed->is_confirmed,
                          "do not ask; required without a terminal");
    }
    if (into != nullptr) *into = typed;
    return *command;
}

void add_stop(CommandTree& tree, CLI::App& group) {
    std::shared_ptr<ReleaseSteer> typed;
    CLI::App& stop = add_steering(
        tree, group, Steering::stop, "stop",
        "Stop a release for good: waiting nodes are skipped, running ones end or are cancelled. "
        "Asks first",
        "edgeroll release stop 7 --reason 'wrong cache rules' --yes", &typed);
    stop.add_flag("--force", typed->is_forced,
                  "wait for no node: running ones are given up as failed, and what they do then is "
                  "not known; needs --reason");
    tree.set_maker(&stop, [typed]() -> Made {
        const bool has_reason = typed->reason.find_first_not_of(" \t\r\n") != std::string::npos;
        if (typed->is_forced && !has_reason) {
            return tl::unexpected(
                std::string("--force gives nodes up: say why with --reason TEXT"));
        }
        return Command(*typed);
    });
}

void add_steering_commands(CommandTree& tree, CLI::App& group) {
    add_steering(tree, group, Steering::pause, "pause",
                 "Pause a release when its running batch is done",
                 "edgeroll release pause 7 --reason 'looking at the error rate'");
    add_steering(tree, group, Steering::resume, "continue",
                 "Start the next batch of a paused release, or withdraw a pause. After "
                 "on_failure: pause it waives the failures so far",
                 "edgeroll release continue 7");
    add_stop(tree, group);
    std::shared_ptr<ReleaseSteer> typed;
    CLI::App& retry = add_steering(
        tree, group, Steering::retry, "retry",
        "Try the failed, skipped and deferred nodes of a finished release again, in their old "
        "batches. Asks first",
        "edgeroll release retry 7 --node edge-3 --node edge-4", &typed);
    retry.add_option("--node", typed->nodes, "only this one, by name or id; may be repeated")
        ->type_name("NODE")
        ->allow_extra_args(false);
    CLI::App& rollback =
        add_steering(tree, group, Steering::rollback, "rollback",
                     "Give every node that a release touched what it had before, by a new release; "
                     "the content that was rolled back is banned. Asks first",
                     "edgeroll release rollback 7 --reason 'errors after the rollout'", &typed);
    rollback.add_flag("--abort", typed->is_abort,
                      "the release still runs: start nothing further of it, cancel what runs, and "
                      "do not wait for its end");
    rollback.add_flag("--fast", typed->is_fast,
                      "do not inherit the release's max_parallel and max_parallel_per");
    rollback.add_flag("--force", typed->is_forced, "even if a later release touched the nodes");
    rollback.add_flag("--dry-run", typed->is_dry_run,
                      "only show what each node would get, and who is left alone, with why");
}

void add_limit(CommandTree& tree, CLI::App& group) {
    const auto [limit, typed] = tree.add<ReleaseLimit>(
        group, "limit", "Change how many nodes of a release run at once, also while it runs",
        "edgeroll release limit 7 --max-parallel 20 --max-parallel-per region=5");
    add_id(*limit, typed->id);
    limit->add_option("--max-parallel", typed->max_parallel, "nodes at once; none: no limit")
        ->check(is_count_or_none())
        ->type_name("N|none");
    limit
        ->add_option("--max-parallel-per", typed->max_parallel_per,
                     "nodes at once for each value of a label; replaces all that were set; none: "
                     "no such limits; may be repeated")
        ->check(is_pool_or_none())
        ->type_name("LABEL=N|none")
        ->allow_extra_args(false);
    limit->add_option("--reason", typed->reason, "kept in the release's history");
    const auto make = [typed = typed]() -> Made {
        const auto& pools = typed->max_parallel_per;
        if (typed->max_parallel.empty() && pools.empty()) {
            return tl::unexpected(
                std::string("say what to change: --max-parallel or --max-parallel-per"));
        }
        if (pools == std::vector<std::string>{"none"}) return Command(*typed);
        const auto read = read_pairs("--max-parallel-per", pools);
        if (!read) return tl::unexpected(read.error());
        return Command(*typed);
    };
    tree.set_maker(limit, make);
}

void add_events(CommandTree& tree, CLI::App& group) {
    const auto [events, typed] = tree.add<ReleaseEvents>(
        group, "events",
        "The history of a release, a line an event: time, id, what, node, details, who",
        "edgeroll release events 7 --follow -o json | jq .kind");
    add_id(*events, typed->id);
    events->add_flag("-f,--follow", typed->is_followed, "go on until the release is finished");
    events->add_option("--after", typed->after, "only events with a higher id")
        ->check(CLI::NonNegativeNumber.description(""))
        ->type_name("ID");
}

}  // namespace

void add_release_commands(CommandTree& tree) {
    CLI::App& group = tree.group("release", "Make, watch and steer releases");
    add_list(tree, group);
    const auto [show, shown] =
        tree.add<ReleaseShow>(group, "show", "Show a release with its batches and nodes",
                              "edgeroll release show 7 -o json | jq .waitingFor");
    add_id(*show, shown->id);
    CLI::Option* const steps = show->add_flag(
        "--steps", shown->has_steps, "what each step of each node did, and the end of its output");
    show->add_option("--node", shown->node, "only this one, by name or id")
        ->type_name("NODE")
        ->needs(steps);
    const auto [explain, explained] = tree.add<ReleaseExplain>(
        group, "explain", "Explain the state of a release, and what can be done",
        "edgeroll release explain 7");
    add_id(*explain, explained->id);
    add_create_commands(tree, group);
    add_watch(tree, group);
    add_wait(tree, group);
    add_events(tree, group);
    add_steering_commands(tree, group);
    add_limit(tree, group);
}

}  // namespace edgeroll::cli
