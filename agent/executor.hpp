// Runs the tasks, one at a time, step by step: journal, do, journal.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/notifier.hpp"
#include "agent/ports.hpp"
#include "agent/step_runner.hpp"
#include "agent/task_book.hpp"
#include "agent/worker.hpp"
#include "release/wire/agent_messages.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::agent {

struct ExecutorSettings {
    CommandSettings commands;
    int queue_max = 16;     ///< AGENT_MAX_QUEUE
    int keep_versions = 5;  ///< AGENT_KEEP_VERSIONS
    /// For dispatches that name no time: AGENT_RELOAD_TIMEOUT_SEC, AGENT_PURGE_TIMEOUT_SEC,
    /// AGENT_JOB_TIMEOUT_SEC. An apply_config has none then.
    Millis reload_timeout{60'000}, purge_timeout{300'000}, job_timeout{3'600'000};
};

/// What the executor stands on. All must outlive it.
struct HostPorts {
    Files& files;
    Processes& processes;
    UrlProber& prober;
    rt::Clock& clock;
    const WallClock& wall_clock;
};

/// Loop thread only; files and commands have threads of their own inside.
class Executor {
  public:
    Executor(HostPorts host, ExecutorSettings settings);

    /// Recovers what an earlier run left. Blocks; once, before anything else.
    Result<void> open();
    /// Works until stop() is called. What runs then is left where it stands: before its switch it
    /// has failed, after it the next start goes on with it.
    boost::asio::awaitable<void> run();
    /// Ends run(): a command before the switch is killed at once, one after it gets a moment to
    /// finish. Returns when run() has ended; 3.5 s at the most.
    boost::asio::awaitable<void> stop();
    /// Whether run() has begun and not ended: after stop(), whether a step could not be ended in
    /// time.
    [[nodiscard]] bool is_running() const { return is_running_; }
    /// Ends waiting tasks whose time is up. Call it about once a second.
    void tick();

    /// Takes a task, or says what has become of it. Errors carry the code of the answer; not_found:
    /// a dispatch by reference to a content that is not here.
    boost::asio::awaitable<Result<release::TaskStatus>> dispatch(release::wire::Dispatch dispatch);
    /// The task, as soon as it is finished or after `hold`, or when the agent stops.
    boost::asio::awaitable<std::optional<release::wire::TaskReport>> report(std::string task_id,
                                                                            Millis hold);
    boost::asio::awaitable<Result<release::TaskStatus>> cancel(std::string task_id);
    /// Which task that is, with this status; a task that is not known has its id only.
    [[nodiscard]] release::wire::TaskReport identity(const std::string& task_id,
                                                     release::TaskStatus status) const;
    /// Whether a dispatch by reference to this content would find it.
    boost::asio::awaitable<bool> holds(std::string sha256);

    struct State {
        std::optional<release::Version> applied_version;
        std::string sha256;
        std::vector<release::Version> versions;
    };
    /// By what `live` is now.
    [[nodiscard]] State state();

  private:
    boost::asio::awaitable<void> run_task(std::string task_id);
    boost::asio::awaitable<apply::StepResult> do_step(std::string task_id, apply::StepName step);
    boost::asio::awaitable<apply::StepResult> verify(std::string task_id, apply::StepName step);
    boost::asio::awaitable<apply::StepResult> run_step(apply::StepName step, Task task,
                                                       StepTime time);
    boost::asio::awaitable<void> clean_up(std::string task_id);
    void remove_old(std::vector<release::Version> present,
                    const std::vector<release::Version>& removed);
    boost::asio::awaitable<Result<void>> store_payload(std::string file,
                                                       release::wire::Dispatch dispatch);
    boost::asio::awaitable<Result<release::TaskStatus>> take(release::wire::Dispatch dispatch,
                                                             apply::Offer offer,
                                                             apply::Details details);
    [[nodiscard]] Result<void> check_can_do(release::TaskType type) const;
    [[nodiscard]] apply::Details details_of(const release::wire::Dispatch& dispatch,
                                            const apply::Offer& offer) const;
    [[nodiscard]] std::string payload_name();
    void remove_payload(const std::string& file);

    HostPorts host_;
    ExecutorSettings settings_;
    TaskBook book_;
    StepRunner runner_;
    Notifier changed_;                      ///< at every change that somebody may wait for
    std::shared_ptr<Interrupt> interrupt_;  ///< of the running task
    std::string running_;
    bool is_stopping_ = false;
    bool is_running_ = false;
    int payload_count_ = 0;
    Worker step_worker_;    ///< a command may keep it busy for a minute
    Worker intake_worker_;  ///< so that dispatches are answered meanwhile
};

}  // namespace edgeroll::agent
