// A state machine that applies one configuration, without files or processes: it names the next
// step, the executor does the step and returns the result. Prepare (validate, stage, preinstall,
// check) does not change the node; activate (switch, reload, verify, postinstall) is rolled back on
// failure. The other task types (reload, purge_cache, run_job) are sequences of steps that are
// never rolled back and never started twice.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/states.hpp"

namespace edgeroll::agent::apply {

using release::TaskType;

enum class StepName {
    validate,
    stage,
    preinstall,
    check,
    switch_live,  ///< written "switch"
    reload,
    verify,
    postinstall,
    put_back,  ///< points `live` to the previous version again
    reload_back,
    verify_back,
    rollback,  ///< the rollback hook
    purge,     ///< the only step of purge_cache
    job,       ///< run_job: one per job
};

[[nodiscard]] std::string_view to_text(StepName name);
[[nodiscard]] std::optional<StepName> step_from_text(std::string_view text);

/// The steps that look at the new content.
[[nodiscard]] constexpr bool may_look(StepName name) {
    return name == StepName::check || name == StepName::verify;
}

struct StepResult {
    bool is_ok = true;
    std::optional<int> exit_code;  ///< of a command, if it ran
    std::string output;            ///< tail of the output
    std::string error;             ///< the reason of a failure, for lastError
    std::string called;            ///< the step's name in lastError; empty: its own
    /// What has looked at the content, and was satisfied: words of release/node_evidence.hpp, with
    /// commas between them.
    std::string evidence{};
};

inline constexpr int jobs_max = 50;
/// A longer text is shortened in the middle.
inline constexpr std::size_t last_error_bytes_max = 16U << 10;

/// A task's progress; this part of a task is kept in the journal.
struct Course {
    TaskType type = TaskType::apply_config;
    int job_count = 0;  ///< run_job: 1 to jobs_max; else 0
    /// No content. apply_config: only reload, verify, postinstall. Always true for the other types.
    bool is_reload_only = false;
    release::TaskStatus status = release::TaskStatus::pending;
    std::optional<StepName> current;  ///< started and not finished
    std::vector<StepName> finished;   ///< in order, including the failed step
    /// The first failed step. For types other than apply_config only a step that was executed, so
    /// that among jobs it is the last finished one.
    std::optional<StepName> failed;
    bool is_switched = false;  ///< `live` was (or may have been) moved to the new version
    bool is_cancel_wanted = false;
    bool is_time_up = false;
    bool is_stuck = false;   ///< rollback failed: `live` still points to the failed version
    std::string last_error;  ///< at most last_error_bytes_max
    friend bool operator==(const Course&, const Course&) = default;
};

/// Whether the task has changed, or may have changed, what the node serves: its switch was started,
/// or the reload of a task without content. From here on it cannot be cancelled, and a restarted
/// agent continues it. Always false for the other types: their commands can be killed at any time.
[[nodiscard]] bool is_past_return(const Course& course);

/// Whether the rollback has started (or ended): only rollback steps follow.
[[nodiscard]] bool is_going_back(const Course& course);

/// Whether the functions below can produce this course. Checked before a journal's content is used.
[[nodiscard]] bool is_plausible(const Course& course);

/// The next step; nothing when the task is over. The first step turns pending into running. Cancel
/// and timeout take effect here: before the switch no further step starts (status cancelled, or
/// failed with the reason); after it only rollback steps follow. While a step is started and not
/// finished, returns that step.
[[nodiscard]] std::optional<StepName> next_step(const Course& course);

/// The course after `next_step` was started: write it to the journal before doing the step. Any
/// other step is a programming error and ends the process.
[[nodiscard]] Course begin_step(Course course, StepName step);

/// The course after the step's result. Decides how the task ends: a failed step before the switch
/// gives `failed`; after the switch the rollback runs and then `failed`, with the reason of the
/// first failure and of a failed rollback. If `live` could not be restored nothing is reloaded
/// (that would load the failed version); the rollback hook still runs.
[[nodiscard]] Course end_step(Course course, const StepResult& result);

/// Ends a course for which next_step returns nothing without a step's result (cancel, timeout).
[[nodiscard]] Course settle(Course course);

/// The course after a restart of the agent. Waiting tasks keep waiting. Before the switch: failed
/// ("the agent was restarted during check"). After it: continues (reload, verify, ... are
/// repeated), so that the task finishes or is rolled back. The other types: failed, since it is
/// unknown how far a job came, and it must not run twice. The result has no started step.
/// @param is_live_new whether `live` points to the task's version, as this task wrote it
[[nodiscard]] Course recover(Course course, bool is_live_new);

/// 0..100 by the share of steps done; 100 only with success.
[[nodiscard]] int progress(const Course& course);

}  // namespace edgeroll::agent::apply
