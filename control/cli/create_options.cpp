#include "control/cli/command_tree.hpp"
#include "control/cli/option_checks.hpp"
#include "release/words.hpp"

namespace edgeroll::cli {
namespace {

constexpr int count_max = 1'000'000'000;

void add_sizes(CLI::App& command, BatchOptions& batch) {
    command
        .add_option("--batch-config", batch.config,
                    "batch_config in JSON: a file, - for standard input, or the text itself; the "
                    "options of this group win over it")
        ->type_name("FILE");
    command.add_option("--batch-size", batch.batch_size, "nodes a batch")
        ->check(CLI::Range(1, count_max).description(""))
        ->type_name("N");
    command.add_option("--batch-percent", batch.batch_percent, "share of the nodes a batch")
        ->check(CLI::Range(1, 100).description(""))
        ->type_name("PERCENT");
    command
        .add_option("--batches", batch.batches,
                    "size of each batch, e.g. 1,5%,20%,rest or '1 per region,10%,rest'")
        ->check(is_batch_list())
        ->type_name("LIST");
    command
        .add_option("--label", batch.labels,
                    "nodes with this label; the same name again: either value; may be repeated")
        ->check(is_label())
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_option("--node", batch.nodes, "this node, by name or address; may be repeated")
        ->type_name("NODE")
        ->allow_extra_args(false);
}

void add_rules(CLI::App& command, BatchOptions& batch) {
    command.add_option("--max-parallel", batch.max_parallel, "nodes at once")
        ->check(CLI::Range(1, count_max).description(""))
        ->type_name("N");
    command
        .add_option("--max-parallel-per", batch.max_parallel_per,
                    "nodes at once for each value of a label; may be repeated")
        ->check(is_pool())
        ->type_name("LABEL=N")
        ->allow_extra_args(false);
    command
        .add_option("--failure-threshold", batch.failure_threshold,
                    "failed nodes that are tolerated over the whole release")
        ->check(CLI::Range(0, count_max).description(""))
        ->type_name("N");
    command
        .add_option("--max-batch-fail-rate", batch.max_batch_fail_rate,
                    "failed share that is tolerated in a batch")
        ->check(CLI::Range(0, 100).description(""))
        ->type_name("PERCENT");
    command
        .add_option("--max-unreachable", batch.max_unreachable,
                    "nodes that may be unreachable: they are deferred instead of failed")
        ->check(is_count_or_share())
        ->type_name("N|N%");
    command.add_option("--retries", batch.retries, "automatic attempts after a failed one")
        ->check(CLI::Range(0, 1000).description(""))
        ->type_name("N");
    command.add_flag("--pause-after-batch", batch.has_pause_after_batch,
                     "pause after each batch until edgeroll release continue");
    command.add_option("--interval", batch.interval_sec, "time between batches, in seconds")
        ->check(CLI::Range(0.0, 1e9).description(""))
        ->type_name("SEC");
    command.add_option("--on-failure", batch.on_failure, "when the limits are exceeded")
        ->check(is_one_of(release::choice<release::OnFailure>()))
        ->type_name(release::choice<release::OnFailure>());
}

void add_what(CLI::App& command, ReleaseCreate& typed) {
    command
        .add_option("--version", typed.version,
                    "version whose content is rolled out (with --reload-only: its number alone)")
        ->check(is_id())
        ->type_name("N");
    command.add_flag("--reload-only", typed.is_reload_only,
                     "agents reload what they have; without --version under the next number");
    command.add_option("--type", typed.type, "what the nodes do (default apply_config)")
        ->check(is_one_of(release::choice<release::TaskType>()))
        ->type_name(release::choice<release::TaskType>());
    command
        .add_option("--from-release", typed.from_release,
                    "the content of that stopped release, for its unfinished nodes")
        ->check(is_id())
        ->type_name("ID");
    command.add_option("--reason", typed.reason, "kept with the release");
    command.add_option("--not-before", typed.not_before, "it does not start earlier")
        ->check(is_moment())
        ->type_name("TIME");
    command.add_option("--callback-url", typed.callback_url, "told when the release has ended")
        ->type_name("URL");
    command.add_flag("--supersede", typed.is_superseding,
                     "stops an earlier unfinished release that shares nodes");
    command.add_flag("--force", typed.is_forced, "even if the content is banned");
    command
        .add_option("--plan", typed.plan_sha256,
                    "only if the plan is still this one (edgeroll release plan prints it)")
        ->check(is_sha256())
        ->type_name("SHA256");
    command
        .add_option("--idempotency-key", typed.idempotency_key,
                    "a repeated key returns the release of the first request")
        ->check(is_key())
        ->type_name("KEY");
}

void add_group(CLI::App& command, const char* title, void (*add)(CLI::App&, BatchOptions&),
               BatchOptions& batch) {
    add(*command.add_option_group(title), batch);
}

/// Labels may repeat a name; pools may not. Two options for the sizes contradict each other.
Made made(const ReleaseCreate& typed) {
    const BatchOptions& batch = typed.batch;
    // The API takes an empty request for a reload of the whole fleet. On a command line it is more
    // likely a forgotten option or an unset variable.
    if (typed.version == 0 && !typed.is_reload_only && typed.from_release == 0) {
        return tl::unexpected(
            std::string("say what is released: --version N (its content), --reload-only (nodes "
                        "reload what they "
                        "have) or --from-release ID (what a stopped release left undone)"));
    }
    const auto pools = read_pairs("--max-parallel-per", batch.max_parallel_per);
    if (!pools) return tl::unexpected(pools.error());
    const int sizes = (batch.batch_size ? 1 : 0) + (batch.batch_percent ? 1 : 0) +
                      (batch.batches.empty() ? 0 : 1);
    if (sizes > 1) {
        return tl::unexpected(
            std::string("give one of --batch-size, --batch-percent and --batches"));
    }
    return Command(typed);
}

void add_one(CommandTree& tree, CLI::App& group, const char* name, const char* help,
             const char* example, bool is_dry_run) {
    const auto [command, typed] = tree.add<ReleaseCreate>(group, name, help, example);
    typed->is_dry_run = is_dry_run;
    add_what(*command, *typed);
    add_group(*command, "Which nodes, in which batches", add_sizes, typed->batch);
    add_group(*command, "Limits and pace", add_rules, typed->batch);
    if (!is_dry_run) {
        command->add_flag("--watch", typed->is_watched,
                          "then follow it, with the exit status of edgeroll release watch");
    }
    tree.set_maker(command, [typed = typed] { return made(*typed); });
}

}  // namespace

void add_create_commands(CommandTree& tree, CLI::App& group) {
    add_one(tree, group, "plan",
            "Show which nodes a release would get, in which batches, and the command line that "
            "creates exactly that. Changes nothing",
            "edgeroll release plan --version 42 --label region=eu --batches 1,10%,rest", true);
    add_one(tree, group, "create", "Make a release",
            "edgeroll release create --version 42 --reason 'new cache rules' --watch", false);
}

}  // namespace edgeroll::cli
