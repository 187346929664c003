#include "agent/executor.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/contents.hpp"
#include "agent/housekeeping.hpp"
#include "agent/layout.hpp"
#include "agent/prove.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

using apply::StepName;
using apply::StepResult;
using release::TaskStatus;
using tls::rt::LogLevel;

constexpr Millis idle_look{60'000};  ///< the bell wakes the loop; this is only a second net
constexpr Millis finish_grace{1'000};
constexpr Millis stop_limit{3'500};

void log_if_failed(const Result<void>& done, const char* event) {
    if (!done) tls::rt::log(LogLevel::warn, event, {{"error", done.error().message}});
}

}  // namespace

Executor::Executor(boost::asio::any_io_executor loop, Machine machine, ExecutorSettings settings)
    : machine_(machine),
      settings_(std::move(settings)),
      book_(machine.files, machine.clock, machine.wall_clock),
      runner_(machine.files, machine.processes, settings_.commands),
      bell_(std::move(loop)) {}

Result<void> Executor::open() {
    if (auto done = book_.open(); !done) return done;
    std::set<std::string> needed;
    for (const auto& [id, entry] : book_.book().ledger.tasks) {
        if (!release::is_final(entry.course.status)) {
            needed.insert(book_.book().details.at(id).payload_file);
        }
    }
    log_if_failed(keep_left_contents(machine_.files, book_.book()), "clean_up_failed");
    log_if_failed(remove_leftovers(machine_.files, needed), "clean_up_failed");
    const auto present = present_versions(machine_.files);
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
            co_await bell_.wait(idle_look);
            continue;
        }
        co_await run_task(*task_id);
    }
    is_running_ = false;
    bell_.ring();
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
            // Not the step's failure: the journal says that it was begun, and the next start
            // repeats it. What is live is whole and checked meanwhile.
            co_return;
        }
        if (is_stopping_ && !result.is_ok) result.error = "the agent was stopped";
        book_.end(task_id, result);
        bell_.ring();
    }
    if (is_stopping_) co_return;
    book_.settle(task_id);
    running_.clear();
    bell_.ring();
    co_await clean_up(task_id);
}

boost::asio::awaitable<StepResult> Executor::do_step(std::string task_id, StepName step) {
    const Task task = book_.task(task_id);
    const auto applied = book_.book().ledger.applied_version;
    if (step == StepName::validate && applied && task.version <= *applied) {
        // Refused at the dispatch already; `live` may have been changed by hand since.
        co_return failed_step("version " + std::to_string(task.version.value) +
                              " is not above the applied version " +
                              std::to_string(applied->value));
    }
    const bool is_going_back = apply::is_going_back(book_.course(task_id));
    const Millis time_left = is_going_back ? settings_.commands.timeout : book_.time_left(task_id);
    std::function<StepResult()> job = [this, step, task, time_left, interrupt = interrupt_] {
        return runner_.run(step, task, time_left, *interrupt);
    };
    StepResult result = co_await step_worker_.call<StepResult>(std::move(job));
    const bool is_proof = step == StepName::verify || step == StepName::verify_back;
    if (!is_proof || !result.is_ok || settings_.commands.verify_url.empty()) co_return result;
    co_return co_await prove(std::move(task_id), step, std::move(result));
}

boost::asio::awaitable<StepResult> Executor::prove(std::string task_id, StepName step,
                                                   StepResult commanded) {
    const Task task = book_.task(task_id);
    std::optional<release::Version> wanted = task.version;
    if (step == StepName::verify_back) wanted = task.previous;
    // A reload without content must leave what is live being served, if anything is.
    if (task.sha256.empty()) wanted = task.live;
    if (!wanted) co_return commanded;
    Millis budget = settings_.commands.timeout;
    if (step == StepName::verify) budget = std::min(budget, book_.time_left(task_id));
    Proof proof;
    proof.url = settings_.commands.verify_url;
    proof.version = *wanted;
    proof.until = machine_.clock.now() + budget;
    proof.is_stopping = [this] { return interrupt_->is_set(); };
    StepResult proven = co_await prove_version(machine_.prober, machine_.clock, std::move(proof));
    proven.exit_code = commanded.exit_code;
    if (!commanded.output.empty()) proven.output = commanded.output + "\n" + proven.output;
    co_return proven;
}

boost::asio::awaitable<void> Executor::clean_up(std::string task_id) {
    const Task task = book_.task(task_id);
    const apply::Book book = book_.book();
    const auto live = book_.live();
    const bool is_content_good =
        book_.course(task_id).status == TaskStatus::success && !task.sha256.empty();
    std::function<bool()> job = [this, task, book, live, is_content_good] {
        Files& files = machine_.files;
        if (is_content_good) {
            log_if_failed(keep_content(files, task.payload_file, task.version, task.sha256),
                          "clean_up_failed");
        } else if (!task.payload_file.empty()) {
            log_if_failed(files.remove(layout::task_file(task.payload_file)), "clean_up_failed");
        }
        log_if_failed(files.remove(layout::staged_folder(task.version)), "clean_up_failed");
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
    log_if_failed(remove_versions(machine_.files, removed), "clean_up_failed");
    std::erase_if(present, [&](release::Version version) {
        return std::ranges::find(removed, version) != removed.end();
    });
    log_if_failed(prune_contents(machine_.files, present), "clean_up_failed");
}

boost::asio::awaitable<void> Executor::stop() {
    is_stopping_ = true;
    bell_.ring();
    const auto until = machine_.clock.now() + stop_limit;
    const bool is_switched = !running_.empty() && apply::is_past_return(book_.course(running_));
    if (is_switched) {
        const auto grace_end = machine_.clock.now() + finish_grace;
        while (is_running_ && machine_.clock.now() < grace_end) {
            co_await bell_.wait(grace_end - machine_.clock.now());
        }
    }
    if (interrupt_) interrupt_->set();
    while (is_running_ && machine_.clock.now() < until) {
        co_await bell_.wait(until - machine_.clock.now());
    }
}

void Executor::tick() {
    if (!is_stopping_ && book_.expire_waiting()) bell_.ring();
}

Executor::State Executor::state() const {
    State state;
    state.applied_version = book_.book().ledger.applied_version;
    state.sha256 = book_.book().ledger.applied_sha256;
    if (auto present = present_versions(machine_.files)) state.versions = std::move(*present);
    return state;
}

}  // namespace edgeroll::agent
