// Runs the tasks one at a time, step by step: write the journal, do the step, write the journal.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/live_inspection.hpp"
#include "agent/notifier.hpp"
#include "agent/ports.hpp"
#include "agent/step_runner.hpp"
#include "agent/task_book.hpp"
#include "agent/worker.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/node_state.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::agent {

struct ExecutorSettings {
    CommandSettings commands;
    int queue_max = 16;     ///< AGENT_MAX_QUEUE
    int keep_versions = 5;  ///< AGENT_KEEP_VERSIONS
    std::string boot_id;    ///< of the host; empty: unknown
    /// For dispatches without a time limit: AGENT_RELOAD_TIMEOUT_SEC, AGENT_PURGE_TIMEOUT_SEC,
    /// AGENT_JOB_TIMEOUT_SEC. An apply_config then has no limit.
    Millis reload_timeout{60'000}, purge_timeout{300'000}, job_timeout{3'600'000};
};

/// The executor's ports. All must outlive it.
struct HostPorts {
    Files& files;
    Processes& processes;
    UrlProber& prober;
    rt::Clock& clock;
    const WallClock& wall_clock;
};

/// Loop thread only; files and commands run on internal threads.
class Executor {
  public:
    Executor(HostPorts host, ExecutorSettings settings);

    /// Recovers the state of an earlier run. Blocks; call once, before anything else.
    Result<void> open();
    /// Works until stop() is called. A running task stays where it is: before its switch it has
    /// failed, after it the next start continues it.
    boost::asio::awaitable<void> run();
    /// Ends run(): kills a command before the switch at once, gives a command after it a moment to
    /// finish. Returns when run() has ended, after at most 3.5 s.
    boost::asio::awaitable<void> stop();
    /// Whether run() has started and not ended. After stop(): whether a step could not be ended in
    /// time.
    [[nodiscard]] bool is_running() const { return is_running_; }
    /// Whether somebody looks at the files of `live`, which may take as long as the disk does.
    [[nodiscard]] bool is_looking() const { return looks_ > 0; }
    /// Ends waiting tasks that have timed out. Call about once a second.
    void tick();

    /// Accepts a task, or returns the status of a known one. Errors carry the code of the answer;
    /// not_found: a dispatch by reference to a content that is not kept here.
    boost::asio::awaitable<Result<release::TaskStatus>> dispatch(release::wire::Dispatch dispatch);
    /// Returns the task's report when it finishes, after `hold`, or when the agent stops.
    boost::asio::awaitable<std::optional<release::wire::TaskReport>> report(std::string task_id,
                                                                            Millis hold);
    boost::asio::awaitable<Result<release::TaskStatus>> cancel(std::string task_id);
    /// The identity of a task, with this status; for an unknown task only the id.
    [[nodiscard]] release::wire::TaskReport identity(const std::string& task_id,
                                                     release::TaskStatus status) const;
    /// Whether a dispatch by reference to this content would succeed.
    boost::asio::awaitable<bool> holds(std::string sha256);

    /// The node's state; looks at `live` and its files now.
    boost::asio::awaitable<release::wire::NodeState> state();

  private:
    struct Look {
        LiveFinding live;
        std::vector<release::Version> versions;
        std::optional<std::int64_t> free_bytes;
    };
    boost::asio::awaitable<Look> look();
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
    boost::asio::awaitable<bool> is_live_whole(const release::wire::Dispatch& dispatch,
                                               const apply::Offer& offer);
    boost::asio::awaitable<bool> has_these_facts(release::wire::Dispatch dispatch,
                                                 std::string sha256, std::string facts_sha256);
    [[nodiscard]] Result<void> check_can_do(release::TaskType type) const;
    [[nodiscard]] apply::Details details_of(const release::wire::Dispatch& dispatch,
                                            const apply::Offer& offer) const;
    [[nodiscard]] std::string payload_name();
    void remove_payload(const std::string& file);

    HostPorts host_;
    ExecutorSettings settings_;
    TaskBook book_;
    StepRunner runner_;
    Notifier changed_;                      ///< notified at changes that requests wait for
    std::shared_ptr<Interrupt> interrupt_;  ///< of the running task
    std::string running_;
    bool is_stopping_ = false;
    bool is_running_ = false;
    int payload_count_ = 0;
    int looks_ = 0;
    Worker step_worker_;       ///< a command may keep it busy for a minute
    Worker intake_worker_;     ///< separate, so that dispatches are answered while a step runs
    LiveInspector inspector_;  ///< on look_worker_ only
    Worker look_worker_;       ///< looks at files, which may be many
};

}  // namespace edgeroll::agent
