// The tasks this agent knows: ledger and details in memory, always consistent with the journal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/apply/journal_codec.hpp"
#include "agent/apply/ledger.hpp"
#include "agent/journal.hpp"
#include "agent/ports.hpp"
#include "agent/task.hpp"
#include "release/wire/agent_messages.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::agent {

/// Loop thread only, including the journal's writes: one small fsync, and nothing may happen before
/// it is done.
class TaskBook {
  public:
    /// All must outlive the book.
    TaskBook(Files& files, const rt::Clock& clock, const WallClock& wall_clock)
        : files_(files), clock_(clock), wall_clock_(wall_clock), journal_(files) {}

    /// Reads the journal, recovers the tasks that were running when the agent died, and adopts what
    /// `live` points to as applied. Call once, first.
    Result<void> open();

    [[nodiscard]] const apply::Book& book() const { return book_; }
    [[nodiscard]] const apply::Entry* find(const std::string& task_id) const;
    [[nodiscard]] const apply::Course& course(const std::string& task_id) const;
    /// The task interrupted by a restart after its switch, or the next one to run.
    [[nodiscard]] std::optional<std::string> next() const;
    /// Adopts the current target of `live`, in case an operator moved it; not while a task past its
    /// switch runs: the task's end decides. Call before using what is applied.
    void look_at_live_again();
    /// Whether the task may go on, given the current `live`.
    Result<void> check_live(const std::string& task_id);
    /// The target of `live`; nothing when it is absent, dangles or is not a version.
    [[nodiscard]] std::optional<release::Version> live() const;
    [[nodiscard]] Task task(const std::string& task_id) const;
    /// Time left for the task; a very long time without a limit.
    [[nodiscard]] Millis time_left(const std::string& task_id) const;
    /// The report as shown by GET; nothing for an unknown task.
    [[nodiscard]] std::optional<release::wire::TaskReport> report(const std::string& task_id) const;

    /// Stores an admitted task, or raises the epoch of a repeated one. On an error (the journal
    /// cannot be written) nothing has changed.
    Result<void> record(const apply::Offer& offer, const apply::Admission& admission,
                        apply::Details details);
    /// Replaces the banned digests. On an error nothing has changed.
    Result<void> set_banned(const std::vector<std::string>& banned);
    /// Starts a step. Before the task's switch a failure to write the journal ends the task; it
    /// then returns false, and the step must not be done. After the switch the step is done anyway:
    /// the journal then lags behind, and recovery repeats the steps it misses. Before a switch and
    /// before a put back it reads `live`: an operator's choice is what is put back.
    [[nodiscard]] bool begin(const std::string& task_id, apply::StepName step);
    void end(const std::string& task_id, const apply::StepResult& result);
    void settle(const std::string& task_id);
    /// Checks the task's time limit and updates its course.
    void look_at_time(const std::string& task_id);
    apply::CancelAnswer cancel(const std::string& task_id);
    /// Ends waiting tasks that have timed out; returns whether there were any.
    bool expire_waiting();

  private:
    void recover_tasks(std::optional<release::Version> live);
    bool reconcile_applied(std::optional<release::Version> live);
    Result<void> choose_previous(const std::string& task_id);
    void respect_moved_live(const std::string& task_id);
    void fail_before_switch(const std::string& task_id, std::string error);
    void advance(const std::string& task_id, apply::Course course);
    bool write(const std::string& task_id);

    Files& files_;
    const rt::Clock& clock_;
    const WallClock& wall_clock_;
    Journal journal_;
    apply::Book book_;
    std::map<std::string, release::Instant> deadlines_;
    std::optional<release::Version> failed_live_;  ///< logged once
};

}  // namespace edgeroll::agent
