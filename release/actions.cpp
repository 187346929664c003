#include "release/actions.hpp"

namespace edgeroll::release {
namespace {

constexpr Words<Steering> steering_words({
    {Steering::pause, "pause"},
    {Steering::resume, "continue"},
    {Steering::stop, "stop"},
    {Steering::retry, "retry"},
    {Steering::rollback, "rollback"},
    {Steering::limit, "limit"},
});

using Kind = Ruling::Kind;

Ruling refused(std::string message) {
    return Ruling{Kind::refused, std::move(message)};
}

std::string status_text(const SteeringState& state) {
    return "the release is " + std::string(to_text(state.status));
}

bool is_stopping(const SteeringState& state) {
    return state.requested == Action::stop || state.batch_status == BatchStatus::stopped ||
           state.is_aborted;
}

/// The release waits between batches, for an operator or for a time.
bool stands(const SteeringState& state) {
    return state.status == ReleaseStatus::paused || state.hold != Hold::none;
}

std::optional<Ruling> refused_when_over(const SteeringState& state) {
    if (is_final(state.status)) return refused(status_text(state) + ": it is over");
    if (state.is_aborted)
        return refused(status_text(state) + " and being rolled back, which cannot be undone");
    if (is_stopping(state))
        return refused(status_text(state) + " and being stopped, which cannot be undone");
    return std::nullopt;
}

Ruling judge_pause(const SteeringState& state) {
    if (auto over = refused_when_over(state)) return *over;
    if (state.requested == Action::pause) return Ruling{Kind::repeated, {}};
    if (stands(state)) {
        if (state.requested == Action::resume) return Ruling{Kind::withdraws, {}};
        // A hold that would end by itself then waits for an operator's continue.
        if (ends_by_itself(state.hold)) return Ruling{};
        return refused("the release is paused already");
    }
    const bool is_last = state.current_batch > 0 && state.current_batch >= state.total_batches;
    if (is_last) {
        return refused(status_text(state) + " its last batch: there is nothing to pause before");
    }
    return Ruling{};
}

Ruling judge_resume(const SteeringState& state) {
    if (auto over = refused_when_over(state)) return *over;
    if (state.requested == Action::pause) return Ruling{Kind::withdraws, {}};
    if (state.requested == Action::resume) return Ruling{Kind::repeated, {}};
    if (stands(state)) return Ruling{};
    return refused(status_text(state) + " and no pause is pending: there is nothing to continue");
}

Ruling judge_stop(const SteeringState& state) {
    if (is_final(state.status)) return refused(status_text(state) + ": it is over");
    if (state.requested == Action::stop || state.is_aborted) return Ruling{Kind::repeated, {}};
    return Ruling{};
}

Ruling judge_retry(const SteeringState& state) {
    const std::string status = status_text(state);
    if (!is_final(state.status)) {
        return refused(status + ": only a failed one, or deferred nodes of a success, are retried");
    }
    if (state.rolled_back_by) {
        return refused(status + " and was rolled back by release " +
                       std::to_string(state.rolled_back_by->value));
    }
    // Each node of a rollback has a content of its own, which no other release can take over.
    const bool is_stopped_rollback = state.status == ReleaseStatus::cancelled && state.is_rollback;
    if (state.status == ReleaseStatus::failed || is_stopped_rollback) return Ruling{};
    if (state.status == ReleaseStatus::cancelled) {
        return refused(status + ": make a new release with from_release instead");
    }
    if (state.deferred_nodes == 0) return refused(status + " and has no deferred node");
    return Ruling{};
}

Ruling judge_rollback(const SteeringState& state) {
    const std::string status = status_text(state);
    if (!is_final(state.status) && !state.is_aborted) {
        return refused(status + ": wait for its end, stop it first, or abort it with abort: true");
    }
    if (state.rolled_back_by) {
        return refused(status + " and was rolled back by release " +
                       std::to_string(state.rolled_back_by->value) + " already");
    }
    if (state.type != TaskType::apply_config) {
        return refused(status + ", and a release of type " + std::string(to_text(state.type)) +
                       " cannot be undone");
    }
    if (state.is_reload_only) {
        return refused(status + " and only reloaded: there is no content to put back");
    }
    return Ruling{};
}

Ruling judge_limit(const SteeringState& state) {
    if (is_final(state.status)) return refused(status_text(state) + ": it is over");
    return Ruling{};
}

}  // namespace

std::string_view to_text(Steering action) {
    return steering_words.text(action);
}

Ruling judge(Steering action, const SteeringState& state) {
    switch (action) {
        case Steering::pause:
            return judge_pause(state);
        case Steering::resume:
            return judge_resume(state);
        case Steering::stop:
            return judge_stop(state);
        case Steering::retry:
            return judge_retry(state);
        case Steering::rollback:
            return judge_rollback(state);
        case Steering::limit:
            break;
    }
    return judge_limit(state);
}

}  // namespace edgeroll::release
