#include "agent/executor.hpp"

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

#include "agent/housekeeping.hpp"
#include "agent/kept_contents.hpp"
#include "agent/layout.hpp"
#include "agent/manifest.hpp"
#include "agent/node_state.hpp"
#include "agent/verify.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

using apply::StepName;
using apply::StepResult;
using release::TaskStatus;
using rt::LogLevel;

constexpr Millis idle_look{60'000};  ///< a safety net: changes wake the loop
constexpr Millis finish_grace{1'000};
constexpr Millis stop_limit{3'500};

void log_if_failed(const Result<void>& done, const char* event) {
    if (!done) rt::log(LogLevel::warn, event, {{"error", done.error().message}});
}

}  // namespace

Executor::Executor(HostPorts host, ExecutorSettings settings)
    : host_(host),
      settings_(std::move(settings)),
      book_(host.files, host.clock, host.wall_clock),
      runner_(host.files, host.processes, settings_.commands),
      changed_(host.clock),
      inspector_(host.files) {}

Result<void> Executor::open() {
    if (auto done = book_.open(); !done) return done;
    std::set<std::string> needed;
    for (const auto& [id, entry] : book_.book().ledger.tasks) {
        if (release::is_final(entry.course.status)) continue;
        needed.insert(book_.book().details.at(id).payload_file);
        // A repair in the middle of its switch has the files there that it may have to put back.
        if (entry.course.is_switched) needed.insert(layout::staged_folder(entry.version));
    }
    log_if_failed(keep_left_contents(host_.files, book_.book(), book_.live()), "clean_up_failed");
    log_if_failed(remove_leftovers(host_.files, needed), "clean_up_failed");
    const auto present = present_versions(host_.files);
    if (!present) return tl::unexpected(present.error());
    const auto removed =
        versions_to_remove(*present, book_.book(), book_.live(), settings_.keep_versions);
    remove_old(*present, removed);
    return {};
}

boost::asio::awaitable<void> Executor::run() {
    is_running_ = true;
    while (!is_stopping_) {
        const auto task_id = book_.next();
        if (!task_id) {
            co_await changed_.wait_until(host_.clock.now() + idle_look);
            continue;
        }
        co_await run_task(*task_id);
    }
    is_running_ = false;
    changed_.notify_all();
}

boost::asio::awaitable<void> Executor::run_task(std::string task_id) {
    interrupt_ = std::make_shared<Interrupt>();
    running_ = task_id;
    while (!is_stopping_) {
        book_.look_at_time(task_id);
        const auto step = apply::next_step(book_.course(task_id));
        if (!step) break;
        if (!book_.begin(task_id, *step)) continue;
        StepResult result = co_await do_step(task_id, *step);
        if (is_stopping_ && !result.is_ok && apply::is_past_return(book_.course(task_id))) {
            // Not a failure of the step: the journal shows it as started, and the next start
            // repeats it. The live version is complete and checked meanwhile.
            co_return;
        }
        if (is_stopping_ && !result.is_ok) result.error = "the agent was stopped";
        book_.end(task_id, result);
        changed_.notify_all();
    }
    if (is_stopping_) co_return;
    book_.settle(task_id);
    book_.look_at_live_again();
    running_.clear();
    changed_.notify_all();
    co_await clean_up(task_id);
}

boost::asio::awaitable<StepResult> Executor::do_step(std::string task_id, StepName step) {
    const Task task = book_.task(task_id);
    if (step == StepName::validate) {
        // Checked at the dispatch already, but `live` may have been changed by an operator since.
        if (const auto fits = book_.check_live(task_id); !fits) {
            co_return failed_step(fits.error().message);
        }
    }
    if (step == StepName::verify || step == StepName::verify_back) {
        co_return co_await verify(std::move(task_id), step);
    }
    const bool is_going_back = apply::is_going_back(book_.course(task_id));
    StepTime time;
    time.of_task = is_going_back ? settings_.commands.timeout : book_.time_left(task_id);
    co_return co_await run_step(step, task, time);
}

boost::asio::awaitable<StepResult> Executor::run_step(StepName step, Task task, StepTime time) {
    std::function<StepResult()> job = [this, step, task = std::move(task), time,
                                       interrupt = interrupt_] {
        return runner_.run(step, task, time, *interrupt);
    };
    co_return co_await step_worker_.call<StepResult>(std::move(job));
}

boost::asio::awaitable<StepResult> Executor::verify(std::string task_id, StepName step) {
    const CommandSettings& commands = settings_.commands;
    const Task task = book_.task(task_id);
    std::optional<release::Version> wanted = task.version;
    if (step == StepName::verify_back) wanted = task.previous;
    // A reload without content must keep the live version, if any, served.
    if (task.sha256.empty()) wanted = task.live;
    const bool has_url = !commands.verify_url.empty() && wanted.has_value();
    StepTime time;
    time.of_task = step == StepName::verify_back ? commands.timeout : book_.time_left(task_id);
    // Nothing to verify: no command, or no version it could be about.
    const bool is_idle = commands.verify.empty() || (step == StepName::verify_back && !wanted);
    if (!has_url && is_idle) co_return co_await run_step(step, task, time);

    const bool is_apply = task.type == release::TaskType::apply_config;
    const Millis whole = is_apply ? std::min(time.of_task, commands.timeout) : time.of_task;
    Verification verification;
    if (has_url) {
        verification.url = commands.verify_url;
        verification.version = *wanted;
        verification.is_new_version = task.previous != task.version;
    }
    verification.until = host_.clock.now() + whole;
    verification.url_wait = commands.timeout;
    verification.pace = commands.verify_pace;
    verification.is_stopping = [this] { return interrupt_->is_set(); };
    const auto task_until = host_.clock.now() + time.of_task;
    verification.command = [this, step, task, task_until](Millis left) {
        StepTime now;
        now.of_task = std::max(task_until - host_.clock.now(), Millis(0));
        now.of_step = left;
        return run_step(step, task, now);
    };
    verification.shown = [this, task](std::string answer) {
        std::function<std::string()> job = [this, task, answer = std::move(answer)] {
            return runner_.shown_answer(task, answer);
        };
        return step_worker_.call<std::string>(std::move(job));
    };
    co_return co_await verify_version(host_.prober, host_.clock, std::move(verification));
}

boost::asio::awaitable<void> Executor::clean_up(std::string task_id) {
    const Task task = book_.task(task_id);
    const apply::Book book = book_.book();
    const auto live = book_.live();
    const bool is_kept =
        !task.sha256.empty() && is_in_force(book_.course(task_id), task.version, live);
    std::function<bool()> job = [this, task, book, live, is_kept] {
        Files& files = host_.files;
        runner_.forget_secrets();
        if (is_kept) {
            log_if_failed(keep_content(files, task.payload_file, task.version, task.sha256),
                          "clean_up_failed");
        } else if (!task.payload_file.empty()) {
            log_if_failed(files.remove(layout::task_file(task.payload_file)), "clean_up_failed");
        }
        log_if_failed(files.remove(layout::staged_folder(task.version)), "clean_up_failed");
        log_if_failed(remove_staged_manifest(files, task.version), "clean_up_failed");
        const auto present = present_versions(files);
        if (!present) return false;
        const auto removed = versions_to_remove(*present, book, live, settings_.keep_versions);
        remove_old(*present, removed);
        return true;
    };
    (void)co_await step_worker_.call<bool>(std::move(job));
}

void Executor::remove_old(std::vector<release::Version> present,
                          const std::vector<release::Version>& removed) {
    log_if_failed(remove_versions(host_.files, removed), "clean_up_failed");
    std::erase_if(present, [&](release::Version version) {
        return std::ranges::find(removed, version) != removed.end();
    });
    log_if_failed(prune_contents(host_.files, present), "clean_up_failed");
    log_if_failed(prune_manifests(host_.files, present), "clean_up_failed");
}

boost::asio::awaitable<void> Executor::stop() {
    is_stopping_ = true;
    changed_.notify_all();
    const auto until = host_.clock.now() + stop_limit;
    const bool is_switched = !running_.empty() && apply::is_past_return(book_.course(running_));
    if (is_switched) {
        const auto grace_end = host_.clock.now() + finish_grace;
        while (is_running_ && host_.clock.now() < grace_end) {
            co_await changed_.wait_until(grace_end);
        }
    }
    if (interrupt_) interrupt_->set();
    while (is_running_ && host_.clock.now() < until) {
        co_await changed_.wait_until(until);
    }
}

void Executor::tick() {
    if (!is_stopping_ && book_.expire_waiting()) changed_.notify_all();
}

boost::asio::awaitable<Executor::Look> Executor::look() {
    book_.look_at_live_again();
    std::function<Look()> job = [this, sha256 = book_.book().ledger.applied_sha256,
                                 now = host_.clock.now()] {
        Look look;
        try {
            look.live = inspector_.look(sha256, now);
            look.versions = present_versions(host_.files).value_or(std::vector<release::Version>());
            if (const auto free = host_.files.free_bytes()) look.free_bytes = *free;
        } catch (const std::exception& failure) {
            // Out of memory: a question must not end the agent in the middle of a task.
            look.live = {};
            look.live.remark = std::string("not looked at: ") + failure.what();
        }
        return look;
    };
    ++looks_;
    Look look = co_await look_worker_.call<Look>(std::move(job));
    --looks_;
    book_.look_at_live_again();
    co_return look;
}

boost::asio::awaitable<release::wire::NodeState> Executor::state() {
    Look seen = co_await look();
    // What was moved meanwhile was seen in part before and in part after.
    if (seen.live.version != book_.live()) seen = co_await look();
    if (seen.live.version != book_.live()) {
        seen.live = {};
        seen.live.remark = "live was moved while it was looked at";
    }
    release::wire::NodeState state = node_state_of(book_.book(), seen.live);
    state.versions = std::move(seen.versions);
    // In steps: an answer that is the same as the one before costs control next to nothing.
    constexpr std::int64_t step = std::int64_t{64} << 20U;
    if (seen.free_bytes) state.disk_free_bytes = *seen.free_bytes / step * step;
    state.boot_id = settings_.boot_id;
    co_return state;
}

}  // namespace edgeroll::agent
