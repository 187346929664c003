// Builds the table of docs/steering.md.
#include <algorithm>
#include <utility>

#include "release/actions.hpp"

namespace edgeroll::release {
namespace {

struct Case {
    const char* name;
    SteeringState state;
};

SteeringState in(ReleaseStatus status, BatchStatus batch_status, int current_batch) {
    SteeringState state;
    state.status = status;
    state.batch_status = batch_status;
    state.current_batch = current_batch;
    state.total_batches = 3;
    return state;
}

SteeringState asked(SteeringState state, Action requested) {
    state.requested = requested;
    return state;
}

SteeringState held(Hold hold) {
    SteeringState state = in(ReleaseStatus::paused, BatchStatus::paused, 1);
    state.hold = hold;
    return state;
}

std::vector<Case> all_cases() {
    using enum ReleaseStatus;
    const SteeringState first = in(running, BatchStatus::running, 1);
    const SteeringState last = in(running, BatchStatus::running, 3);
    const SteeringState new_one = in(pending, BatchStatus::none, 0);
    const SteeringState good = in(success, BatchStatus::completed, 3);
    const SteeringState bad = in(failed, BatchStatus::stopped, 1);
    SteeringState deferred = good;
    deferred.deferred_nodes = 1;
    SteeringState undone = bad;
    undone.rolled_back_by = ReleaseId{9};
    SteeringState aborted = first;
    aborted.is_aborted = true;
    aborted.rolled_back_by = ReleaseId{9};
    SteeringState reload = good;
    reload.is_reload_only = true;
    SteeringState stopped_rollback = in(cancelled, BatchStatus::stopped, 1);
    stopped_rollback.is_rollback = true;
    SteeringState job = good;
    job.type = TaskType::run_job;
    return {
        {"`pending`", new_one},
        {"`pending`, `pause` requested", asked(new_one, Action::pause)},
        {"`running`, not the last batch", first},
        {"`running`, `pause` requested", asked(first, Action::pause)},
        {"`running`, last batch", last},
        {"`running`, `stop` requested or `batch_status` `stopped`", asked(first, Action::stop)},
        {"`running`, aborted: release 9 rolls it back", aborted},
        {"`paused`, hold `bake`, `gate`, `interval` or `window`", held(Hold::interval)},
        {"the same, `pause` requested", asked(held(Hold::interval), Action::pause)},
        {"`paused`, hold `review`, `failure`, `violation` or none", held(Hold::review)},
        {"`paused`, `continue` requested", asked(held(Hold::review), Action::resume)},
        {"`paused`, `stop` requested", asked(held(Hold::review), Action::stop)},
        {"`success`", good},
        {"`success` with deferred nodes", deferred},
        {"`success`, only reloaded", reload},
        {"`success`, another type than `apply_config`", job},
        {"`failed`", bad},
        {"`failed`, rolled back by release 9", undone},
        {"`cancelled`", in(cancelled, BatchStatus::stopped, 1)},
        {"`cancelled`, a rollback", stopped_rollback},
    };
}

/// The number of a sentence in the list below the table.
std::size_t number_of(std::vector<std::string>& sentences, const std::string& sentence) {
    const auto found = std::find(sentences.begin(), sentences.end(), sentence);
    const auto index = static_cast<std::size_t>(found - sentences.begin());
    if (found == sentences.end()) sentences.push_back(sentence);
    return index + 1;
}

std::string cell(Steering action, const Ruling& ruling, std::vector<std::string>& sentences) {
    switch (ruling.kind) {
        case Ruling::Kind::allowed:
            return "yes";
        case Ruling::Kind::withdraws:
            return std::string("withdraws the `") +
                   (action == Steering::pause ? "continue" : "pause") + "`";
        case Ruling::Kind::repeated:
            return "as it stands";
        case Ruling::Kind::refused:
            break;
    }
    return "no (" + std::to_string(number_of(sentences, ruling.message)) + ")";
}

}  // namespace

std::string steering_table() {
    std::string text = "| state |";
    std::string line = "| --- |";
    for (const Steering action : all_steering) {
        text += " " + std::string(to_text(action)) + " |";
        line += " --- |";
    }
    text += "\n" + line + "\n";
    std::vector<std::string> sentences;
    for (const Case& one : all_cases()) {
        text += std::string("| ") + one.name + " |";
        for (const Steering action : all_steering)
            text += " " + cell(action, judge(action, one.state), sentences) + " |";
        text += "\n";
    }
    text += "\n";
    for (std::size_t i = 0; i < sentences.size(); ++i)
        text += std::to_string(i + 1) + ". " + sentences[i] + "\n";
    return text;
}

}  // namespace edgeroll::release
