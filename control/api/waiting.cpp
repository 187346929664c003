#include "control/api/waiting.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "control/api/limits_view.hpp"
#include "control/api/names/field_names.hpp"
#include "control/api/node_troubles.hpp"
#include "control/api/rfc3339.hpp"
#include "release/limits.hpp"
#include "release/model.hpp"
#include "release/wire/batch_config.hpp"

namespace edgeroll::control::api {
namespace {

using release::BatchStatus;
using release::Hold;
using release::NodeStatus;
using release::ReleaseStatus;
using release::wire::Json;

constexpr std::size_t waited_for_max = 50;
constexpr const char* unclaimed =
    "no control process holds its claim now; the next one that has a place for it takes it over";

std::string counted(int number, const char* thing) {
    return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

std::string versions_text(const std::vector<release::Version>& versions) {
    std::string text;
    for (const release::Version version : versions) {
        if (!text.empty()) text += ", ";
        text += std::to_string(version.value);
    }
    return text;
}

std::string blocked_text(const ReleaseSummary& release) {
    return std::string("waits for the ") +
           (release.blockers.size() == 1 ? "release of version " : "releases of versions ") +
           versions_text(release.blockers) + ", which shares nodes with it and goes first";
}

/// Names of the nodes in a status, lowest id first.
Json names_of(std::span<const ReleaseNodeView> nodes, NodeStatus status) {
    Json names = Json::array();
    for (const ReleaseNodeView& node : nodes) {
        if (node.status != status) continue;
        if (names.size() == waited_for_max) break;
        names.push_back(node.name.empty() ? "#" + std::to_string(node.id.value) : node.name);
    }
    return names;
}

/// Nodes of the present batch (the lowest unfinished batch) that are still pending.
bool has_waiting_node(std::span<const ReleaseNodeView> nodes) {
    const auto present =
        std::find_if(nodes.begin(), nodes.end(), [](const auto& n) { return !is_final(n.status); });
    return std::any_of(present, nodes.end(), [&](const auto& node) {
        return node.batch == present->batch && node.status == NodeStatus::pending;
    });
}

/// "; max_parallel is 4, 4 are running": why no further node of the batch is started.
std::string full_text(const ReleaseSummary& release, const WaitingFacts& facts) {
    std::string text;
    const Json limit = read_limits(release.batch_config).max_parallel;
    if (!limit.is_null() && release.counts.running >= limit && has_waiting_node(facts.nodes)) {
        text += "; max_parallel is " + release::wire::dump_json(limit) + ", " +
                std::to_string(release.counts.running) + " are running";
    }
    for (const FullPool& lane : facts.full_pools) {
        const std::string where =
            lane.value.empty() ? "nodes without " + lane.label : lane.label + "=" + lane.value;
        text += "; the lane of " + where + " is full: " + std::to_string(lane.running) + " of " +
                std::to_string(lane.size) + " are running";
    }
    return text;
}

/// ", 1 of them tried again": an attempt failed, and the next attempt waits or runs.
std::string again_text(const WaitingFacts& facts) {
    const auto is_tried_again = [](const ReleaseNodeView& node) {
        return node.status == NodeStatus::running && node.tried > 1;
    };
    const auto again = std::count_if(facts.nodes.begin(), facts.nodes.end(), is_tried_again);
    return again == 0 ? "" : ", " + std::to_string(again) + " of them tried again after a failure";
}

/// Nodes go one at a time until one has proven the content (docs/contract.md 4.2).
std::string probation_text(const ReleaseSummary& release, const WaitingFacts& facts) {
    const auto policy = release::wire::parse_batch_config(release.batch_config);
    const auto wanted = policy ? policy->min_evidence : release::MinEvidence::any;
    const bool is_proven =
        std::any_of(facts.nodes.begin(), facts.nodes.end(), [&](const ReleaseNodeView& node) {
            return node.status == NodeStatus::success && node.attempt > 0 &&
                   release::is_enough(node.evidence.value_or(""), wanted);
        });
    const bool may_be = release.current_batch > 1 && !release.rolls_back && !is_proven;
    if (!may_be || release.counts.running != 1 || !has_waiting_node(facts.nodes)) return {};
    const std::string demand = wanted == release::MinEvidence::any
                                   ? ""
                                   : " by a " + std::string(to_text(wanted)) + " (min_evidence)";
    return "; no node has proven the content yet" + demand + ": it goes alone until it has";
}

/// The lowest unfinished batch, by its number and its ordinal among the batches; nothing without
/// rows, or when all are finished.
struct PresentBatch {
    int number = 0, ordinal = 0;
};
std::optional<PresentBatch> present_batch(std::span<const ReleaseNodeView> nodes) {
    PresentBatch batch;
    for (const ReleaseNodeView& node : nodes) {
        if (batch.ordinal == 0 || node.batch != batch.number) ++batch.ordinal;
        batch.number = node.batch;
        if (!is_final(node.status)) return batch;
    }
    return std::nullopt;
}

/// A large batch grows with its successes (docs/contract.md 6.3).
std::string ramp_text(const ReleaseSummary& release, const WaitingFacts& facts) {
    const release::Rules rules;
    const auto policy = release::wire::parse_batch_config(release.batch_config);
    if (!release.is_planned || release.rolls_back || !policy || policy->ramp == 0) return {};
    const auto present = present_batch(facts.nodes);
    if (!present || !has_waiting_node(facts.nodes)) return {};
    std::size_t nodes = 0;
    int done = 0;
    for (const ReleaseNodeView& node : facts.nodes) {
        if (node.batch != present->number) continue;
        ++nodes;
        if (node.status == NodeStatus::success) ++done;
    }
    const int most = std::max(rules.ramp_least, policy->ramp * done);
    if (nodes <= rules.ramp_above || release.counts.running < most) return {};
    return "; the batch grows with its successes: " + std::to_string(done) + " so far, so " +
           std::to_string(most) + " may run";
}

/// Nodes wait for the end of the release that this one undoes, or for a silent node to speak.
std::string way_back_text(const ReleaseSummary& release, const WaitingFacts& facts) {
    std::string text;
    if (facts.held_nodes > 0 && release.rolls_back) {
        text += "; " + counted(facts.held_nodes, "node") + " must first end release " +
                std::to_string(release.rolls_back->value) + ", or be given up there";
    }
    const bool is_silent = std::any_of(facts.nodes.begin(), facts.nodes.end(), [](const auto& n) {
        return n.status == NodeStatus::running && n.reason == release::ReasonKind::silent;
    });
    if (is_silent && !release.rolls_back && has_waiting_node(facts.nodes)) {
        text += "; a node that is silent for dark_sec counts as failed, and nobody else is started";
    }
    return text;
}

bool is_aborted(const ReleaseSummary& release) {
    return !release.aborted_at.empty();
}

std::string abort_reason(const ReleaseSummary& release) {
    if (!release.rolled_back_by) {
        return "has failed and could not be rolled back: " +
               counted(release.counts.running, "running node") + " must end first";
    }
    const std::string by = release.rolled_back_by
                               ? " by release " + std::to_string(release.rolled_back_by->value)
                               : "";
    if (release.counts.running == 0) return "is being rolled back" + by;
    return "is being rolled back" + by + ": " + counted(release.counts.running, "running node") +
           " must end first; a silent one is given up";
}

bool is_stopping(const ReleaseSummary& release) {
    return release.requested_action == "stop" || release.batch_status == BatchStatus::stopped;
}

std::string stopping_reason(const ReleaseSummary& release) {
    if (release.counts.running == 0) return "is being stopped";
    return "is being stopped: " + counted(release.counts.running, "running node") +
           " must end first";
}

/// " by control-1 (its claim lasts until ...)": when a release does not move, operators look at its
/// owner, and no other process can claim it before that time.
std::string by_owner(const ReleaseSummary& release) {
    if (release.claimed_by.empty()) return {};
    const std::string until =
        release.lease_until.empty() ? "" : " (its claim lasts until " + release.lease_until + ")";
    return " by " + release.claimed_by + until;
}

std::string pending_reason(const ReleaseSummary& release) {
    if (!release.is_due) return "not before " + release.not_before;
    if (!release.last_error.empty()) return release.last_error;
    if (!release.blockers.empty()) return blocked_text(release);
    if (release.requested_action == "pause") return "is about to be paused before its first batch";
    if (release.has_lease) return "is being started" + by_owner(release);
    return "waits for a control process that runs releases to claim it";
}

/// Nodes that joined (batch 0) and are running; they are in no count of the release.
int joined_running(const WaitingFacts& facts) {
    return static_cast<int>(std::ranges::count_if(facts.nodes, [](const ReleaseNodeView& node) {
        return node.batch == 0 && node.status == NodeStatus::running;
    }));
}

std::string running_reason(const ReleaseSummary& release, const WaitingFacts& facts) {
    std::string reason;
    const int joined = joined_running(facts);
    if (!release.has_lease) {
        reason = unclaimed;
    } else if (joined > 0) {
        reason = counted(joined, "joined node") + " in progress" + again_text(facts) +
                 troubled_text(facts.nodes);
    } else if (release.counts.running > 0) {
        reason = counted(release.counts.running, "node") + " of batch " +
                 std::to_string(release.current_batch) + " in progress" + again_text(facts) +
                 troubled_text(facts.nodes) + probation_text(release, facts) +
                 ramp_text(release, facts) + full_text(release, facts) +
                 way_back_text(release, facts);
    } else if (!release.blockers.empty()) {
        reason = blocked_text(release);
    } else {
        reason =
            "the next batch is being started" + by_owner(release) + way_back_text(release, facts);
    }
    if (release.requested_action == "pause") reason += "; pauses when this batch is done";
    return reason;
}

/// Already started. Compares numbers, since rows may have been deleted; compares ordinals where an
/// older process has written no number.
bool is_started(const ReleaseSummary& release, const PresentBatch& batch) {
    return release.started_batch ? batch.number <= *release.started_batch
                                 : batch.ordinal <= release.current_batch;
}

/// "after batch 2", "after the last batch" (the final look), "in batch 2" (paused by an operator),
/// "before its first batch"
std::string place_of(const ReleaseSummary& release, const WaitingFacts& facts) {
    if (release.current_batch == 0) return "before its first batch";
    const auto present = present_batch(facts.nodes);
    const bool is_within = release.counts.running > 0 || (present && is_started(release, *present));
    const bool is_last = !is_within && !present && !facts.nodes.empty();
    if (is_last && release.current_batch >= release.total_batches) return "after the last batch";
    // Batch 0: nodes that joined.
    if (release.started_batch == 0) return is_within ? "among joined nodes" : "after joined nodes";
    return (is_within ? "in batch " : "after batch ") + std::to_string(release.current_batch);
}

std::string hold_reason(const ReleaseSummary& release, const WaitingFacts& facts) {
    const std::string place = place_of(release, facts);
    const std::string why = release.last_error.empty() ? "" : ": " + release.last_error;
    switch (release.hold) {
        case Hold::bake:
            return "bakes " + place;
        case Hold::gate:
            return "asks the gate " + place + why;
        case Hold::interval:
            return "waits for batch_interval_sec to pass " + place;
        case Hold::window:
            return "waits for its window " + place;
        case Hold::failure:
            return "is paused " + place + " since nodes failed" + why +
                   "; continue waives these failures, stop ends it";
        case Hold::review:
            return "is paused " + place + " until somebody continues or stops it" + why;
        case Hold::violation:
        case Hold::none:
            break;
    }
    if (release.last_error.empty()) return "is paused until somebody continues or stops it";
    return "is paused" + why;
}

/// The release was continued, and the next batch only waits for the next read.
bool is_passing(const ReleaseSummary& release) {
    return release.hold == Hold::window && shown_hold(release) == Hold::none;
}

std::string held_reason(const ReleaseSummary& release, const WaitingFacts& facts) {
    if (release.requested_action == "continue") {
        return std::string("is about to continue") +
               (release.has_lease ? "" : std::string("; ") + unclaimed);
    }
    std::string reason = is_passing(release) ? "is about to continue" : hold_reason(release, facts);
    const int running = release.counts.running;
    if (running > 0) {
        reason = "waits for " + counted(running, "running node") + " to finish first, then " +
                 std::move(reason);
    }
    if (running == 0 && !ends_by_itself(release.hold)) return reason;
    if (release.requested_action == "pause") reason += "; a pause was asked for";
    if (!release.has_lease) reason += std::string("; ") + unclaimed;
    return reason;
}

bool is_held(const ReleaseSummary& release) {
    return release.status == ReleaseStatus::paused || release.hold != Hold::none;
}

std::string reason_of(const ReleaseSummary& release, const WaitingFacts& facts) {
    if (is_aborted(release)) return abort_reason(release);
    if (is_stopping(release)) return stopping_reason(release);
    if (is_held(release)) return held_reason(release, facts);
    if (release.status == ReleaseStatus::pending) return pending_reason(release);
    return running_reason(release, facts);
}

/// The earlier of two times; empty times are ignored.
std::string earlier(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty()) return a.empty() ? b : a;
    return std::min(a, b);
}

/// The first deadline of a running node, of its batch or of the release.
std::string first_deadline(const ReleaseSummary& release, const WaitingFacts& facts) {
    const LimitsView limits = read_limits(release.batch_config);
    const auto type = release::from_text<release::TaskType>(release.type)
                          .value_or(release::TaskType::apply_config);
    const release::Millis span =
        limits.node_timeout.value_or(release::default_timeout(type, facts.node_timeout));
    std::string started;
    for (const ReleaseNodeView& node : facts.nodes) {
        if (node.status == NodeStatus::running) started = earlier(started, node.started_at);
    }
    std::string first = span.count() > 0 ? later_time(started, span).value_or("") : "";
    if (release.status != ReleaseStatus::running) return first;  // working time stands still
    if (limits.release_timeout) {
        first = earlier(
            first,
            later_time(release.started_at, release.paused + *limits.release_timeout).value_or(""));
    }
    if (limits.batch_timeout) {
        first = earlier(
            first, later_time(release.started_at,
                              release.paused + release.batch_work_start + *limits.batch_timeout)
                       .value_or(""));
    }
    return first;
}

std::string until_of(const ReleaseSummary& release, const WaitingFacts& facts) {
    if (release.counts.running > 0) return first_deadline(release, facts);
    if (is_aborted(release) || is_stopping(release)) return {};
    if (is_held(release)) {
        return ends_by_itself(shown_hold(release)) ? release.hold_until : std::string();
    }
    if (release.status != ReleaseStatus::pending) return {};
    return release.is_due ? release.rows_until : release.not_before;
}

}  // namespace

Hold shown_hold(const ReleaseSummary& release) {
    const bool has_none =
        release.hold == Hold::window && !read_limits(release.batch_config).has_windows;
    return has_none ? Hold::none : release.hold;
}

Json waiting_for(const ReleaseSummary& release, const WaitingFacts& facts) {
    if (is_final(release.status)) return nullptr;
    const bool shows_failures = release.hold == Hold::failure && release.counts.running == 0;
    const std::string until = until_of(release, facts);
    Json waiting = Json::object();
    waiting[field::reason] = reason_of(release, facts);
    waiting[field::nodes] =
        names_of(facts.nodes, shows_failures ? NodeStatus::failed : NodeStatus::running);
    waiting[field::until] = until.empty() ? Json(nullptr) : Json(until);
    waiting[field::troubled] = json_of_troubled(facts.nodes);
    return waiting;
}

Json waiting_for(const ReleaseSummary& release) {
    return waiting_for(release, WaitingFacts{});
}

}  // namespace edgeroll::control::api
