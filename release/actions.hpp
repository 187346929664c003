// What an operator may do to a release in which state (docs/contract.md section 6), as one table.
// The API asks it before it writes; docs/steering.md is made from it.
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

/// The word of the API's path and of messages: pause, continue, stop, retry, rollback, limit.
[[nodiscard]] std::string_view to_text(Steering action);

/// What of a release decides about it.
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
    bool is_reload_only = false;              ///< it gave no content to anybody
    std::optional<ReleaseId> rolled_back_by;  ///< the release that undoes this one already
};

/// What an action does in a state.
struct Ruling {
    enum class Kind {
        allowed,
        withdraws,  ///< allowed, by taking back the opposite request that was not yet carried out
        repeated,   ///< asked for already: nothing is written, the answer is as it stands
        refused,
    };
    Kind kind = Kind::allowed;
    std::string message;  ///< of a refusal: one sentence that names the state
};

[[nodiscard]] Ruling judge(Steering action, const SteeringState& state);

/// Markdown for docs/steering.md: every state that makes a difference, each action in it, and the
/// sentences of the refusals.
[[nodiscard]] std::string steering_table();

}  // namespace edgeroll::release
