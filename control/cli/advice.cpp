#include "control/cli/advice.hpp"

#include <algorithm>
#include <utility>

#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

std::string_view hold_sentence(release::Hold hold) {
    using release::Hold;
    switch (hold) {
        case Hold::bake:
            return "bakes before the next batch";
        case Hold::gate:
            return "waits for the gate to pass";
        case Hold::review:
            return "waits for an operator's go";
        case Hold::failure:
            return "failures exceeded the limits: an operator must decide";
        case Hold::violation:
            return "an internal invariant was violated: investigate before you continue";
        case Hold::interval:
            return "waits out the interval between batches";
        case Hold::window:
            return "waits for its time window";
        case Hold::none:
            break;
    }
    return {};
}

bool is_stopping(const ReleaseLine& release) {
    return !is_finished(release) &&
           (release.batch_status == "stopped" || release.requested_action == "stop");
}

int retriable(const ReleaseLine& release) {
    const Tally nodes = tally_all(release);
    return nodes.failed + nodes.skipped + nodes.deferred + nodes.cancelled;
}

/// An older control does not say how many nodes a rollback would change.
int put_back_by_rollback(const ReleaseLine& release) {
    if (release.rollback) return release.rollback->nodes;
    const Tally nodes = tally_all(release);
    return nodes.success + nodes.failed;
}

std::string rollback_effect(const ReleaseLine& release) {
    std::string text =
        "gives " + nodes_text(put_back_by_rollback(release)) + " what they had before";
    if (release.rollback && release.rollback->left_alone > 0) {
        text += ", leaves " + std::to_string(release.rollback->left_alone) + " alone";
    }
    return text + ", and bans its content";
}

std::string continue_effect(const ReleaseLine& release) {
    std::string next = "starts batch " + std::to_string(release.current_batch + 1);
    if (release.hold == "failure") {
        const int open = tally_all(release).failed - release.waived_failures;
        if (release.current_batch >= release.total_batches) next = "goes on";
        return "waives the " + std::to_string(open) + " failed so far and " + next;
    }
    if (release.current_batch >= release.total_batches) return "goes on";
    if (release.hold == "bake" || release.hold == "interval") return next + " without waiting";
    return next;
}

bool offers(const ReleaseLine& release, Steering action) {
    return std::find(release.actions.begin(), release.actions.end(), word_of(action)) !=
           release.actions.end();
}

std::string retry_question(const ReleaseLine& release, const ReleaseSteer& action) {
    const Tally nodes = tally_all(release);
    if (!action.nodes.empty()) {
        const int left =
            nodes.failed + nodes.skipped + nodes.cancelled - static_cast<int>(action.nodes.size());
        std::string text =
            "Only " + some_of(action.nodes, 8) + " will be tried again, in the old batches. ";
        if (release.status == "success" || left <= 0) return text;
        return text + "The other " + nodes_text(left) +
               " are left out: the release ends as failed until they are retried too. ";
    }
    std::string kinds;
    for (const auto& [count, word] :
         {std::pair{nodes.failed, "failed"}, std::pair{nodes.skipped, "skipped"},
          std::pair{nodes.deferred, "deferred"}, std::pair{nodes.cancelled, "cancelled"}}) {
        if (count == 0) continue;
        kinds += (kinds.empty() ? "" : ", ") + std::to_string(count) + " " + word;
    }
    return nodes_text(retriable(release)) + " (" + kinds +
           ") will be tried again, in their old batches. ";
}

}  // namespace

std::vector<Advice> next_steps(const ReleaseLine& release) {
    const std::string id = " " + std::to_string(release.id);
    const Tally nodes = tally_all(release);
    std::vector<Advice> steps;
    const auto add = [&](const char* command, std::string effect) {
        steps.push_back({std::string("edgeroll release ") + command + id, std::move(effect)});
    };
    if (offers(release, Steering::resume)) {
        const bool is_pausing = release.requested_action == "pause";
        add("continue", is_pausing ? "withdraws the pause" : continue_effect(release));
    } else if (offers(release, Steering::pause) && release.current_batch > 0) {
        add("pause",
            is_at_joined(release)
                ? "pauses when the joined nodes are done"
                : "pauses when batch " + std::to_string(release.current_batch) + " is done");
    }
    if (!is_finished(release) && !is_stopping(release)) {
        add("stop",
            "skips " + nodes_text(nodes.pending) + " for good; running ones end or are cancelled");
    }
    if (!is_finished(release)) {
        add("watch", is_stopping(release) ? "follows it to its end; a stop cannot be undone"
                                          : "follows it to its end");
    }
    if (is_stopping(release) && nodes.running > 0) {
        steps.push_back({"edgeroll release stop" + id + " --force --reason TEXT",
                         "gives up " + nodes_text(nodes.running) +
                             " instead of waiting: the outcome there will be unknown"});
    }
    if (fits(release, Steering::retry)) {
        add("retry", "tries " + nodes_text(retriable(release)) + " again, in their old batches");
    } else if (release.status == "cancelled" && nodes.finished() > nodes.success) {
        add("create --from-release",
            "a new release of its content for the nodes that it did not finish");
    }
    if (fits(release, Steering::rollback)) {
        add("rollback", rollback_effect(release));
    }
    const bool is_at_work = !is_finished(release) && !is_stopping(release);
    const int touched = nodes.success + nodes.failed + nodes.running;
    const bool is_content = release.type == "apply_config" && release.rolls_back == 0;
    if (is_at_work && is_content && release.current_batch > 0 && touched > 0) {
        steps.push_back({"edgeroll release rollback" + id + " --abort",
                         "gives " + nodes_text(touched) +
                             " what they had before, at once, and skips the others"});
    }
    return steps;
}

bool fits(const ReleaseLine& release, Steering action) {
    if (action == Steering::stop) return !is_finished(release);
    if (action == Steering::rollback && put_back_by_rollback(release) == 0) return false;
    if (action == Steering::retry && retriable(release) == 0) return false;
    return offers(release, action);
}

std::string question(const ReleaseLine& release, const ReleaseSteer& action) {
    const Tally nodes = tally_all(release);
    std::string text = standing(release) + "; ";
    switch (action.action) {
        case Steering::stop:
            text += nodes_text(nodes.pending) + " will be skipped";
            if (action.is_forced) {
                text +=
                    ", " + nodes_text(nodes.running) +
                    (nodes.running == 1 ? " that runs will be given up as failed: what it does"
                                        : " that run will be given up as failed: what they do") +
                    " then will not be known";
            } else if (nodes.running > 0) {
                text += ", " + std::to_string(nodes.running) +
                        " running will be cancelled where the agent can";
            }
            return printable(text + ". It cannot be undone. Stop it?");
        case Steering::retry:
            return printable(standing(release) + ". " + retry_question(release, action) + "Retry?");
        default:
            return {};
    }
}

std::string standing(const ReleaseLine& release) {
    const Tally nodes = tally(release);
    std::string text = "release " + std::to_string(release.id) + " (version " +
                       std::to_string(release.version) + "): ";
    if (is_at_joined(release) && !is_finished(release)) {
        text += position_text(release) + " ";
    } else if (release.current_batch > 0 && !is_finished(release)) {
        text += "batch " + std::to_string(release.current_batch) + "/" +
                std::to_string(release.total_batches) + " ";
    }
    text += release.status + ", " + std::to_string(nodes.finished()) + " of " +
            std::to_string(nodes.total) + " nodes done";
    return printable(text);
}

std::string hold_text(const ReleaseLine& release) {
    if (release.hold.empty() || is_finished(release)) return {};
    const auto hold = release::from_text<release::Hold>(release.hold);
    // A newer control may know more of them.
    return hold ? std::string(hold_sentence(*hold)) : printable(release.hold);
}

std::string some_of(const std::vector<std::string>& names, std::size_t most) {
    std::string text;
    for (std::size_t at = 0; at < names.size() && at < most; ++at) {
        text += (at == 0 ? "" : ", ") + names[at];
    }
    if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
    return text;
}

}  // namespace edgeroll::cli
