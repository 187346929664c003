// The tasks this agent knows: the ledger and its details in memory, always in step with the
// journal.
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

/// Loop thread only. The journal is written on it too: one small fsync, and nothing may happen
/// before it is done anyway.
class TaskBook {
  public:
    /// All must outlive the book.
    TaskBook(Files& files, const rt::Clock& clock, const WallClock& wall_clock)
        : files_(files), clock_(clock), wall_clock_(wall_clock), journal_(files) {}

    /// Reads the journal, recovers the tasks that were running when the agent died and reconciles
    /// what is applied with what `live` points to (which is the truth). Once, first of all.
    Result<void> open();

    [[nodiscard]] const apply::Book& book() const { return book_; }
    [[nodiscard]] const apply::Entry* find(const std::string& task_id) const;
    [[nodiscard]] const apply::Course& course(const std::string& task_id) const;
    /// The task that a restart interrupted after its switch, or the next one to run.
    [[nodiscard]] std::optional<std::string> next() const;
    /// Believes what `live` points to now, should somebody have moved it; not while a task that has
    /// switched it runs: its end decides. Before anything that goes by what is applied.
    void look_at_live_again();
    /// Whether a task that brings this version may go on, by what `live` is now.
    Result<void> check_live(release::Version version);
    /// What `live` points to; nothing when it is absent, dangles or is something else.
    [[nodiscard]] std::optional<release::Version> live() const;
    [[nodiscard]] Task task(const std::string& task_id) const;
    /// What is left of the task's time; a very long time when it has no limit.
    [[nodiscard]] Millis time_left(const std::string& task_id) const;
    /// As GET shows it; nothing for an unknown task.
    [[nodiscard]] std::optional<release::wire::TaskReport> report(const std::string& task_id) const;

    /// Takes an admitted task over, or raises the epoch of a repeated one. On an error (the journal
    /// cannot be written) nothing has changed.
    Result<void> record(const apply::Offer& offer, const apply::Admission& admission,
                        apply::Details details);
    /// Replaces what is banned. On an error nothing has changed.
    Result<void> set_banned(const std::vector<std::string>& banned);
    /// A failure to write the journal ends the task before its switch; false then, and the step
    /// must not be done. After the switch the step is done all the same: the journal then says
    /// less than is true, and recovery repeats what it does not know. Before a switch and before a
    /// put back it looks at what `live` is now: what was moved there by hand is what is put back.
    [[nodiscard]] bool begin(const std::string& task_id, apply::StepName step);
    void end(const std::string& task_id, const apply::StepResult& result);
    void settle(const std::string& task_id);
    /// Looks whether the task's time is up, and tells its course.
    void look_at_time(const std::string& task_id);
    apply::CancelAnswer cancel(const std::string& task_id);
    /// Ends the waiting tasks whose time is up; whether there were any.
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
    std::optional<release::Version> failed_live_;  ///< said once
};

}  // namespace edgeroll::agent
