// What an operator may do to a release in each state (docs/contract.md section 6), as one table.
// The API checks it before it writes; docs/steering.md is generated from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/ids.hpp"
#include "release/states.hpp"
#include "release/words.hpp"

namespace edgeroll::release {

enum class Steering { pause, resume, stop, retry, rollback, limit };
inline constexpr auto all_steering = enum_values<Steering>;

/// The word in API paths and messages: pause, continue, stop, retry, rollback, limit.
[[nodiscard]] std::string_view to_text(Steering action);

/// The properties of a release that decide which actions are allowed.
struct SteeringState {
    ReleaseStatus status = ReleaseStatus::pending;
    BatchStatus batch_status = BatchStatus::none;
    Action requested = Action::none;
    Hold hold = Hold::none;
    int current_batch = 0;
    int total_batches = 0;
    int deferred_nodes = 0;
    TaskType type = TaskType::apply_config;
    bool is_rollback = false;                 ///< it undoes another release
    bool is_aborted = false;                  ///< a rollback was asked for while it ran
    bool is_reload_only = false;              ///< the release delivered no content
    std::optional<ReleaseId> rolled_back_by;  ///< the release that already undoes this one
};

/// What an action does in a state.
struct Ruling {
    enum class Kind {
        allowed,
        withdraws,  ///< allowed: cancels the opposite request, which is still pending
        repeated,   ///< already requested: nothing is written, the present state is the answer
        refused,
    };
    Kind kind = Kind::allowed;
    std::string message;  ///< of a refusal: one sentence that names the state
};

[[nodiscard]] Ruling judge(Steering action, const SteeringState& state);

/// Markdown for docs/steering.md: every distinct state, each action in it, and the messages of the
/// refusals.
[[nodiscard]] std::string steering_table();

}  // namespace edgeroll::release
