// Applying one configuration, as a machine without files or processes: it says which step comes
// next, the executor does it and brings the result back. Two halves: prepare (validate, stage,
// preinstall, check) leaves the node as it was; activate (switch, reload, verify, postinstall) is
// undone on failure. The other types of tasks (reload, purge_cache, run_job) are a row of steps of
// which nothing is undone, and none is ever begun twice.
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
    put_back,  ///< `live` points to the previous version again
    reload_back,
    verify_back,
    rollback,  ///< the rollback hook
    purge,     ///< the only step of purge_cache
    job,       ///< of run_job: as many as there are jobs
};

[[nodiscard]] std::string_view to_text(StepName name);
[[nodiscard]] std::optional<StepName> step_from_text(std::string_view text);

struct StepResult {
    bool is_ok = true;
    std::optional<int> exit_code;  ///< of a command that ran
    std::string output;            ///< tail of what it printed
    std::string error;             ///< why it failed, for lastError
    std::string called;            ///< how lastError calls the step; empty: by its name
};

inline constexpr int jobs_max = 50;
/// Of a longer one both ends are kept.
inline constexpr std::size_t last_error_bytes_max = 16U << 10;

/// What happened so far; also what the journal keeps of a task's course.
struct Course {
    TaskType type = TaskType::apply_config;
    int job_count = 0;  ///< run_job: 1 to jobs_max; else 0
    /// No content. Of apply_config: only reload, verify, postinstall. Always, of the other types.
    bool is_reload_only = false;
    release::TaskStatus status = release::TaskStatus::pending;
    std::optional<StepName> current;  ///< begun and not finished
    std::vector<StepName> finished;   ///< in order, the failed one included
    /// The first step that failed; of types other than apply_config only one that was done, so
    /// that of several jobs it is the last finished one.
    std::optional<StepName> failed;
    bool is_switched = false;  ///< `live` was (or may have been) moved to the new version
    bool is_cancel_wanted = false;
    bool is_time_up = false;
    bool is_stuck = false;   ///< putting back failed: `live` still points to the failed version
    std::string last_error;  ///< at most last_error_bytes_max
    friend bool operator==(const Course&, const Course&) = default;
};

/// Whether the task changed, or may have changed, what the node serves: its switch was begun, or
/// the reload of a task without content. From here on it cannot be cancelled, and a restarted agent
/// goes on with it. Never so for the other types: their commands can be killed at any time.
[[nodiscard]] bool is_past_return(const Course& course);

/// Whether the way back has begun (or ended): only putting back goes on.
[[nodiscard]] bool is_going_back(const Course& course);

/// Whether this course can come out of the functions below. What a journal holds is asked this
/// before anything relies on it.
[[nodiscard]] bool is_plausible(const Course& course);

/// The step to do next; nothing when the task is over. Pending becomes running with the first one.
/// A cancel or the end of the time takes effect here: before the switch no further step starts
/// (status cancelled, or failed with the reason); after it only putting back goes on. While a step
/// is begun and not finished it is that one.
[[nodiscard]] std::optional<StepName> next_step(const Course& course);

/// The course after `next_step` was begun: journal it before doing the step. Any other step is a
/// broken promise and ends the process.
[[nodiscard]] Course begin_step(Course course, StepName step);

/// The course after the step's result. Decides the task's end: a failed step before the switch is
/// `failed`; after it the way back is taken and then `failed`, with the reason of the first failure
/// and, if the way back fails too, that as well. When `live` could not be put back nothing is
/// reloaded (it would load the failed version); the rollback hook is still run.
[[nodiscard]] Course end_step(Course course, const StepResult& result);

/// The end of a course that next_step says is over without a step's result (cancel, time up).
[[nodiscard]] Course settle(Course course);

/// After a restart of the agent. @param is_live_new whether `live` points to the task's version.
/// Waiting tasks go on waiting. Before the switch: failed ("the agent was restarted during check").
/// After it: goes on with what was begun (reload, verify, ... are repeated), so that the task
/// finishes or is undone. The other types: failed, since nobody knows how far a job came, and it
/// must not run twice. The result has no step begun.
[[nodiscard]] Course recover(Course course, bool is_live_new);

/// 0..100 by the share of steps done; 100 only with success.
[[nodiscard]] int progress(const Course& course);

}  // namespace edgeroll::agent::apply
