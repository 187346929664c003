// The secrets that a task's commands may print.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/ports.hpp"
#include "agent/redact.hpp"
#include "agent/task.hpp"

namespace edgeroll::agent {

/// Of the task's own content, of the live version and of the one that would be put back; templates
/// as they were sent and as they are filled in. Of a version whose content was not kept: of its
/// files that not everybody may read, 32 MiB together. A file may have as much as a payload. Read
/// once for each state of a task. One thread at a time.
class TaskSecrets {
  public:
    /// @param files must outlive this
    explicit TaskSecrets(Files& files) : files_(files) {}

    /// Blocking. Error: a content or file that is there cannot be read, or is too large, so nobody
    /// knows what is secret in it; the message names it and holds nothing of it.
    [[nodiscard]] Result<std::shared_ptr<const Secrets>> of(const Task& task);

    /// Keeps none of them in memory any longer.
    void forget() { known_.reset(); }

  private:
    struct Known {
        std::string task_id;
        std::optional<release::Version> live, previous;
        std::shared_ptr<const Secrets> secrets;
    };
    Files& files_;
    std::optional<Known> known_;
};

}  // namespace edgeroll::agent
