// What a task is for.
#pragma once

#include <optional>
#include <string_view>

namespace edgeroll::agent::apply {

enum class TaskType {
    apply_config,  ///< a version is put live
    reload,        ///< what is live is loaded again
    purge_cache,   ///< AGENT_PURGE_CMD
    run_job,       ///< programs of AGENT_JOBS_DIR
};

[[nodiscard]] std::string_view to_text(TaskType type);
[[nodiscard]] std::optional<TaskType> task_type_from_text(std::string_view text);

}  // namespace edgeroll::agent::apply
