#include "control/cli/advice.hpp"

#include <array>
#include <utility>

#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 7> holds{{
    {"bake", "bakes before the next batch"},
    {"gate", "waits for the gate to pass"},
    {"review", "waits for an operator's go"},
    {"failure", "failures exceeded the limits: an operator must decide"},
    {"violation", "an invariant of edgeroll's own was broken: look before you continue"},
    {"interval", "waits out the interval between batches"},
    {"window", "waits for its time window"},
}};

std::string nodes_text(int count) {
    return std::to_string(count) + (count == 1 ? " node" : " nodes");
}

bool is_stopping(const ReleaseLine& release) {
    return !is_finished(release) &&
           (release.batch_status == "stopped" || release.requested_action == "stop");
}

/// A rollback is taken up again after a stop; nothing else is.
bool is_stopped_rollback(const ReleaseLine& release) {
    return release.status == "cancelled" && release.rolls_back != 0;
}

int retriable(const ReleaseLine& release) {
    const Tally nodes = tally(release);
    return nodes.failed + nodes.skipped + nodes.deferred + nodes.cancelled;
}

int touched(const Tally& nodes) {
    return nodes.success + nodes.failed;
}

std::string continue_effect(const ReleaseLine& release) {
    std::string next = "starts batch " + std::to_string(release.current_batch + 1);
    if (release.hold == "failure") {
        const int open = tally(release).failed - release.waived_failures;
        if (release.current_batch >= release.total_batches) next = "goes on";
        return "waives the " + std::to_string(open) + " failed so far and " + next;
    }
    if (release.current_batch >= release.total_batches) return "goes on";
    if (release.hold == "bake" || release.hold == "interval") return next + " without waiting";
    return next;
}

void add_unfinished(std::vector<Advice>& steps, const ReleaseLine& release,
                    const std::string& command, const std::string& id) {
    const Tally nodes = tally(release);
    const bool is_pausing = release.requested_action == "pause";
    if (release.status == "paused") {
        steps.push_back({command + "continue" + id, continue_effect(release)});
    } else if (is_pausing) {
        steps.push_back({command + "continue" + id, "withdraws the pause"});
    } else if (release.status == "running" && release.current_batch < release.total_batches) {
        steps.push_back(
            {command + "pause" + id,
             "stands when batch " + std::to_string(release.current_batch) + " is done"});
    }
    steps.push_back({command + "stop" + id, "skips " + nodes_text(nodes.pending) +
                                                " for good; running ones end or are cancelled"});
    steps.push_back({command + "watch" + id, "follows it to its end"});
}

std::string retry_question(const ReleaseLine& release, const ReleaseSteer& action) {
    const Tally nodes = tally(release);
    if (!action.nodes.empty()) {
        return "Only " + some_of(action.nodes, 8) + " will be tried again, in the old batches. ";
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
    const std::string command = "edgeroll release ";
    const std::string id = " " + std::to_string(release.id);
    const Tally nodes = tally(release);
    std::vector<Advice> steps;
    if (!is_finished(release)) {
        if (is_stopping(release)) {
            return {{command + "watch" + id, "follows it to its end; a stop cannot be undone"}};
        }
        add_unfinished(steps, release, command, id);
        return steps;
    }
    if (fits(release, Steering::retry)) {
        steps.push_back({command + "retry" + id, "tries " + nodes_text(retriable(release)) +
                                                     " again, in their old batches"});
    }
    if (release.status == "cancelled" && release.rolls_back == 0 &&
        nodes.finished() > nodes.success) {
        steps.push_back({command + "create --from-release" + id,
                         "a new release of its content for the nodes that it did not finish"});
    }
    if (fits(release, Steering::rollback)) {
        steps.push_back({command + "rollback" + id, "gives " + nodes_text(touched(nodes)) +
                                                        " what they had before, and bans its "
                                                        "content"});
    }
    return steps;
}

bool fits(const ReleaseLine& release, Steering action) {
    const Tally nodes = tally(release);
    switch (action) {
        case Steering::stop:
            return !is_finished(release);
        case Steering::retry:
            return ((release.status == "failed" || is_stopped_rollback(release)) &&
                    retriable(release) > 0) ||
                   (release.status == "success" && nodes.deferred > 0);
        case Steering::rollback:
            return is_finished(release) && touched(nodes) > 0 &&
                   (release.type.empty() || release.type == "apply_config");
        default:
            return true;
    }
}

std::string question(const ReleaseLine& release, const ReleaseSteer& action) {
    const Tally nodes = tally(release);
    std::string text = standing(release) + "; ";
    switch (action.action) {
        case Steering::stop:
            text += nodes_text(nodes.pending) + " will be skipped";
            if (nodes.running > 0) {
                text += ", " + std::to_string(nodes.running) +
                        " running will be cancelled where the agent can";
            }
            return printable(text + ". It cannot be undone. Stop it?");
        case Steering::retry:
            return printable(standing(release) + ". " + retry_question(release, action) + "Retry?");
        case Steering::rollback:
            return printable(text + nodes_text(touched(nodes)) +
                             " will get what they had before, by a new release, and the content "
                             "of version " +
                             std::to_string(release.version) + " will be banned. Roll it back?");
        default:
            return {};
    }
}

std::string standing(const ReleaseLine& release) {
    const Tally nodes = tally(release);
    std::string text = "release " + std::to_string(release.id) + " (version " +
                       std::to_string(release.version) + "): ";
    if (release.current_batch > 0 && !is_finished(release)) {
        text += "batch " + std::to_string(release.current_batch) + "/" +
                std::to_string(release.total_batches) + " ";
    }
    text += release.status + ", " + std::to_string(nodes.finished()) + " of " +
            std::to_string(nodes.total) + " nodes done";
    return printable(text);
}

std::string hold_text(const ReleaseLine& release) {
    if (release.hold.empty() || is_finished(release)) return {};
    for (const auto& [word, text] : holds) {
        if (release.hold == word) return text;
    }
    return printable(release.hold);
}

const char* word_of(Steering action) {
    switch (action) {
        case Steering::pause:
            return "pause";
        case Steering::resume:
            return "continue";
        case Steering::stop:
            return "stop";
        case Steering::retry:
            return "retry";
        case Steering::rollback:
            return "rollback";
    }
    return "";
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
