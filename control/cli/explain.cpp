#include "control/cli/explain.hpp"

#include <algorithm>

#include "control/api/names/field_names.hpp"
#include "control/cli/advice.hpp"
#include "control/cli/render.hpp"
#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

constexpr std::size_t failures_max = 20;

std::string used(std::int64_t count, std::int64_t limit, const char* what) {
    return std::to_string(count) + " of " + std::to_string(limit) + " tolerated " + what + " used";
}

/// The most recently started batch.
const BatchLine* current_batch(const ReleaseLine& release) {
    const int number = started_number(release);
    const auto found =
        std::find_if(release.batches.begin(), release.batches.end(),
                     [number](const BatchLine& batch) { return batch.number == number; });
    return found == release.batches.end() ? nullptr : &*found;
}

/// A batch's failures that count against the limits, by the rules of release/limits.cpp.
struct Counted {
    int failed = 0;
    bool is_exact = true;
};

/// It is known which failures were waived if all were, or if all are in this batch; otherwise the
/// first ones are assumed. The engine first waives those that a retry left alone, which the API
/// does not report.
Counted counted_failures(const ReleaseLine& release, const BatchLine& batch) {
    int waived = release.waived_failures;
    const int all = tally_all(release).failed;
    const int here = tally(batch).failed;
    if (waived <= 0 || here == 0) return {here, true};
    if (waived >= all) return {0, true};
    if (here == all) return {here - waived, true};
    for (const BatchLine& earlier : release.batches) {
        if (&earlier == &batch) break;
        waived -= tally(earlier).failed;
    }
    return {here - std::clamp(waived, 0, here), false};
}

/// Left out and deferred nodes are not part of the total.
std::string rate_text(const ReleaseLine& release, std::int64_t limit) {
    std::string text = std::to_string(limit) + " % of a batch may fail";
    const BatchLine* const batch = current_batch(release);
    if (batch == nullptr || batch->number == 0) return text;
    const Tally nodes = tally(*batch);
    const Counted counted = counted_failures(release, *batch);
    return text + "; in batch " + std::to_string(batch->number) +
           (counted.is_exact ? " " : " about ") + std::to_string(counted.failed) + " of " +
           std::to_string(nodes.total - nodes.skipped - nodes.deferred) + " have";
}

std::vector<std::string> limits_of(const ReleaseLine& release) {
    const Tally nodes = tally_all(release);
    const int failed = std::max(nodes.failed - release.waived_failures, 0);
    std::vector<std::string> lines;
    if (release.limits.failure_threshold) {
        lines.push_back(used(failed, *release.limits.failure_threshold, "failures"));
    }
    if (release.limits.max_batch_fail_rate) {
        lines.push_back(rate_text(release, *release.limits.max_batch_fail_rate));
    }
    if (lines.empty()) {
        lines.push_back(std::to_string(failed) + " failed" +
                        (release.limits.is_known ? ", none is tolerated"
                                                 : " (control does not tell the limits)"));
    }
    if (release.waived_failures > 0) {
        lines.push_back(std::to_string(release.waived_failures) +
                        " earlier failed were waived by an operator");
    }
    if (!release.limits.max_unreachable.empty() && release.limits.max_unreachable != "0") {
        lines.push_back(std::to_string(nodes.deferred) + " deferred because they were away, " +
                        printable(release.limits.max_unreachable) + " may be");
    } else if (nodes.deferred > 0) {
        lines.push_back(std::to_string(nodes.deferred) + " deferred because they were away");
    }
    if (release.max_parallel > 0) {
        lines.push_back(std::to_string(nodes.running) + " running, at most " +
                        std::to_string(release.max_parallel) + " at once");
    }
    return lines;
}

std::string failure_line(const BatchLine& batch, const NodeLine& node) {
    std::string text = node.name + " (" + batch_label(batch.number);
    if (node.attempt > 1) text += ", try " + std::to_string(node.attempt);
    return printable(text + "): ") + node_outcome(node);
}

std::vector<std::string> failures_of(const ReleaseLine& release) {
    std::vector<std::string> lines;
    for (const BatchLine& batch : release.batches) {
        for (const NodeLine& node : batch.nodes) {
            if (node.status == "failed") lines.push_back(failure_line(batch, node));
        }
    }
    return lines;
}

void add_list(std::string& text, const char* title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    text += std::string("\n") + title + "\n";
    for (const std::string& line : lines)
        text += "  " + line + "\n";
}

std::vector<std::string> steps_of(const ReleaseLine& release) {
    const auto steps = next_steps(release);
    std::size_t width = 0;
    for (const Advice& step : steps)
        width = std::max(width, step.command.size());
    std::vector<std::string> lines;
    for (const Advice& step : steps)
        lines.push_back(padded(step.command, width, Align::left) + "  " + step.effect);
    return lines;
}

int unseen_nodes(const ReleaseLine& release) {
    std::ptrdiff_t count = 0;
    for (const BatchLine& batch : release.batches) {
        count += std::count_if(batch.nodes.begin(), batch.nodes.end(),
                               [](const NodeLine& node) { return node.is_unseen; });
    }
    return static_cast<int>(count);
}

/// One sentence per line.
std::string story(const ReleaseLine& release, Moment now) {
    const Tally nodes = tally(release);
    std::string text = standing(release);
    const std::string others = remarks(nodes);
    text += " (" + std::to_string(nodes.success) + " succeeded" +
            (others.empty() ? "" : ", " + others) + ")\n";
    if (const std::string joined = joined_text(release); !joined.empty()) {
        text += "Joined later: " + joined + ".\n";
    }
    if (release.rolls_back > 0) {
        text += "It rolls back release " + std::to_string(release.rolls_back) + ".\n";
    }
    if (release.from_release > 0) {
        text += "It takes up what release " + std::to_string(release.from_release) +
                " did not finish.\n";
    }
    if (const std::string hold = hold_text(release); !hold.empty()) {
        text += "It waits between batches (" + printable(release.hold) + "): " + hold + ".\n";
    }
    const int unseen = unseen_nodes(release);
    if (unseen > 0) {
        text += "On " + std::to_string(unseen) + " of " +
                std::to_string(tally_all(release).success) +
                " of them nobody has looked at the content: AGENT_CHECK_CMD, AGENT_VERIFY_CMD and "
                "AGENT_VERIFY_URL are not set there.\n";
    }
    const std::string waiting = waiting_text(release.waiting, now);
    if (!waiting.empty() && !is_finished(release)) text += "Now: " + waiting + "\n";
    if (!release.last_error.empty()) text += "Last error: " + printable(release.last_error) + "\n";
    return text;
}

}  // namespace

std::string explain_text(const ReleaseLine& release, Moment now) {
    std::string text = story(release, now);
    add_list(text, "Limits:", limits_of(release));
    auto failed = failures_of(release);
    if (failed.size() > failures_max) {
        const std::size_t hidden = failed.size() - failures_max;
        failed.resize(failures_max);
        failed.push_back("and " + std::to_string(hidden) + " more: edgeroll release show " +
                         std::to_string(release.id));
    }
    add_list(text, "Failed nodes:", failed);
    const auto steps = steps_of(release);
    add_list(text, "What can be done:", steps);
    if (steps.empty()) text += "\nNothing is left to be done.\n";
    if (release.rollback && !release.rollback->obstacle.empty()) {
        text += "\nA rollback would be refused: " + printable(release.rollback->obstacle) + "\n";
    }
    return text;
}

Json explain_json(const ReleaseLine& release, const Json& data) {
    Json answer = Json::object();
    for (const char* name :
         {field::release_id, field::version, field::status, field::batch_status, field::hold_reason,
          field::waiting_for, field::last_error, field::rollback}) {
        answer[name] = data.contains(name) ? data[name] : Json(nullptr);
    }
    answer[field::limits] = limits_of(release);
    answer[field::failed_nodes] = Json::array();
    for (const BatchLine& batch : release.batches) {
        for (const NodeLine& node : batch.nodes) {
            if (node.status != "failed") continue;
            answer[field::failed_nodes].push_back({{field::node_id, node.id},
                                                   {field::node_name, node.name},
                                                   {field::batch, batch.number},
                                                   {field::attempt, node.attempt},
                                                   {field::failure_kind, node.failure_kind},
                                                   {field::error_msg, node.error}});
        }
    }
    answer[field::next_steps] = Json::array();
    for (const Advice& step : next_steps(release))
        answer[field::next_steps].push_back(
            {{field::command, step.command}, {field::effect, step.effect}});
    return answer;
}

}  // namespace edgeroll::cli
