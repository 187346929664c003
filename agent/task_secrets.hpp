// The secrets that a task's commands might print.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/ports.hpp"
#include "agent/redact.hpp"
#include "agent/task.hpp"

namespace edgeroll::agent {

/// Secrets of the task's own content, of the live version and of the version to put back; templates
/// both as sent and as filled in. For a version whose content was not kept: its files that not
/// everybody may read, up to 32 MiB in total. A file may be as large as a payload. Read once for
/// each state of a task. One thread at a time.
class TaskSecrets {
  public:
    /// @param files must outlive this
    explicit TaskSecrets(Files& files) : files_(files) {}

    /// Blocking. Error: a content or file cannot be read or is too large, so its secrets are
    /// unknown; the message names it and quotes nothing from it.
    [[nodiscard]] Result<std::shared_ptr<const Secrets>> of(const Task& task);

    /// Frees the secrets.
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
