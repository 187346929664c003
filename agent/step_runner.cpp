#include "agent/step_runner.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>

#include "agent/command_environment.hpp"
#include "agent/job.hpp"
#include "agent/layout.hpp"
#include "agent/live_link.hpp"
#include "agent/manifest.hpp"
#include "agent/stage.hpp"
#include "agent/trusted_files.hpp"
#include "release/node_evidence.hpp"
#include "release/text/utf8.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

using apply::StepName;
using apply::StepResult;

constexpr std::size_t quoted_bytes_max = 500;
constexpr std::size_t remark_bytes_max = 4U << 10;
constexpr std::size_t job_output_bytes_max = 64U << 10;

StepResult result_of(const Result<void>& done) {
    return done ? StepResult{} : failed_step(done.error().message);
}

StepResult nothing_to_do(std::string why) {
    StepResult result;
    result.output = std::move(why);
    return result;
}

/// Both ends of a command's output, on one line: the reason is usually at one of them.
std::string quote(const std::string& output) {
    std::string text;
    for (const char c : output) {
        if (c == '\n' || c == '\r') {
            if (!text.empty() && !text.ends_with(" | ")) text += " | ";
        } else {
            text += c;
        }
    }
    while (text.ends_with(" | "))
        text.resize(text.size() - 3);
    text = release::shortened(release::repair_utf8(text), quoted_bytes_max);
    return text.empty() ? text : ": " + text;
}

/// `live` no longer points to this task's version: further steps would be about another version.
std::optional<StepResult> moved_away(const Task& task) {
    if (task.sha256.empty() || task.live == task.version) return std::nullopt;
    const std::string now = task.live ? "points to version " + std::to_string(task.live->value)
                                      : "points to no version";
    return failed_step("live was changed from outside meanwhile: it " + now);
}

std::string not_shown(const release::Error& error) {
    return "(not shown, since its secrets are unknown: " + error.message + ")";
}

std::string seconds(Millis time) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", static_cast<double>(time.count()) / 1000.0);
    return std::string(text) + " s";
}

/// A command that is not set has not looked.
StepResult looked(std::string_view word, StepResult result) {
    if (result.is_ok && result.exit_code) result.evidence = word;
    return result;
}

}  // namespace

StepResult failed_step(std::string error) {
    StepResult result;
    result.is_ok = false;
    result.error = std::move(error);
    return result;
}

StepResult StepRunner::run(StepName step, const Task& task, StepTime time,
                           const Interrupt& interrupt) {
    try {
        // Output of commands was redacted before it was shortened; this redacts all other text of a
        // step.
        StepResult result = run_step(step, task, time, interrupt);
        result.output = without_secrets(task, result.output);
        result.error = without_secrets(task, result.error);
        return result;
    } catch (const std::exception& e) {  // out of memory or descriptors: an expected failure here
        return failed_step(e.what());
    }
}

std::string StepRunner::without_secrets(const Task& task, const std::string& text) {
    if (text.empty()) return text;
    const auto secrets = task_secrets_.of(task);
    return secrets ? redact(text, **secrets) : text;
}

std::string StepRunner::shown_answer(const Task& task, const std::string& answer) {
    try {
        const auto secrets = task_secrets_.of(task);
        return secrets ? redact(answer, **secrets) : not_shown(secrets.error());
    } catch (const std::exception&) {
        return "(not shown: no memory)";
    }
}

std::string StepRunner::shown_output(const Task& task, const CommandResult& ended) {
    if (ended.output.empty()) return {};
    const auto secrets = task_secrets_.of(task);
    if (!secrets) return not_shown(secrets.error());
    const std::string_view output = ended.output;
    if (!ended.left_out) return redact(output, **secrets, Side::whole, Side::open);
    const auto [start, size] = *ended.left_out;
    return redact(output.substr(0, start), **secrets, Side::whole, Side::cut) +
           ended.output.substr(start, size) +
           redact(output.substr(start + size), **secrets, Side::cut, Side::open);
}

StepResult StepRunner::run_step(StepName step, const Task& task, StepTime time,
                                const Interrupt& interrupt) {
    switch (step) {
        case StepName::validate: {
            const auto payload = load_payload(files_, task);
            return payload ? StepResult{} : failed_step(payload.error().message);
        }
        case StepName::stage:
            return stage(task, interrupt);
        case StepName::preinstall:
            return hook("preinstall", step, task, time, interrupt);
        case StepName::check:
            return looked(release::looks::check,
                          command(settings_.check, step, task, time, interrupt));
        case StepName::switch_live:
            return switch_live(task);
        case StepName::reload:
            if (auto moved = moved_away(task)) return *moved;
            // The command was set at the dispatch, but settings may change while a task waits.
            if (task.type == release::TaskType::reload && settings_.reload.empty()) {
                return failed_step("AGENT_RELOAD_CMD is not set");
            }
            return command(settings_.reload, step, task, time, interrupt);
        case StepName::reload_back:
            return command(settings_.reload, step, task, time, interrupt);
        case StepName::verify:
            if (auto moved = moved_away(task)) return *moved;
            return looked(release::looks::verify_cmd,
                          command(settings_.verify, step, task, time, interrupt));
        case StepName::verify_back:
            if (!task.previous) return nothing_to_do("no previous version");
            return command(settings_.verify, step, task, time, interrupt);
        case StepName::postinstall:
            if (auto moved = moved_away(task)) return *moved;
            return hook("postinstall", step, task, time, interrupt);
        case StepName::put_back:
            return put_back(task);
        case StepName::rollback:
            return hook("rollback", step, task, time, interrupt);
        case StepName::purge:
            return purge(task, time, interrupt);
        case StepName::job:
            return job(task, time, interrupt);
    }
    return failed_step("unknown step");
}

StepResult StepRunner::stage(const Task& task, const Interrupt& interrupt) {
    StageOptions options;
    options.secret_group = settings_.secret_group;
    const auto staged = stage_version(files_, task, options, interrupt);
    if (!staged) return failed_step(staged.error().message);
    const auto kept = keep_staged_manifest(files_, task.version, staged->manifest);
    if (!kept) return failed_step(kept.error().message);
    StepResult result;
    for (const std::string& remark : staged->remarks) {
        if (result.output.size() + remark.size() > remark_bytes_max) break;
        result.output += "remark: " + remark + "\n";
        rt::log(rt::LogLevel::warn, "content_remark", {{"task", task.task_id}, {"remark", remark}});
    }
    return result;
}

StepResult StepRunner::switch_live(const Task& task) {
    const std::string staged = layout::staged_folder(task.version);
    const std::string folder = layout::version_folder(task.version);
    if (auto done = files_.make_folders(layout::versions); !done) return result_of(done);
    if (auto done = move_staged_manifest(files_, task.version); !done) return result_of(done);
    // An earlier attempt at this version may have left its folder, and `live` may still point to it
    // (when it could not be put back, and in a repair): the folder is replaced atomically, so that
    // the target of `live` is complete at every moment.
    const auto moved =
        files_.is_folder(folder) ? files_.exchange(staged, folder) : files_.rename(staged, folder);
    if (!moved) return result_of(moved);
    return result_of(files_.point_link(layout::live, folder));
}

StepResult StepRunner::put_back(const Task& task) {
    // A `live` that is not a link to a version must not be touched.
    if (const auto found = read_live(files_); !found) return failed_step(found.error().message);
    if (!task.previous) return result_of(files_.remove(layout::live));
    const std::string folder = layout::version_folder(*task.previous);
    // A repair: what was there before lies in the staged folder now. The manifest stays that of the
    // repair: what is put back differs from the content, and so it is told.
    const bool is_exchanged = task.previous == task.version && task.staged_folder &&
                              files_.identity(folder) == task.staged_folder;
    if (is_exchanged) {
        const std::string before = layout::staged_folder(task.version);
        if (!files_.is_folder(before)) {
            return failed_step("the files before the repair, " + files_.absolute(before) +
                               ", are no longer there");
        }
        if (auto done = files_.exchange(before, folder); !done) return result_of(done);
    }
    if (!files_.is_folder(folder)) {
        return failed_step("the previous version's folder " + files_.absolute(folder) +
                           " is no longer there");
    }
    return result_of(files_.point_link(layout::live, folder));
}

StepResult StepRunner::command(const std::string& text, StepName step, const Task& task,
                               StepTime time, const Interrupt& interrupt) {
    if (text.empty()) return nothing_to_do("no command is set");
    return execute(command_of({"/bin/sh", "-c", text}, step, task), task, command_bound(task), time,
                   interrupt);
}

StepResult StepRunner::hook(const std::string& name, StepName step, const Task& task, StepTime time,
                            const Interrupt& interrupt) {
    if (settings_.hooks_folder.empty()) return nothing_to_do("no hooks are set");
    const std::string path = settings_.hooks_folder + "/" + name;
    // Run by its path, which a script may need: only trusted users can replace the file there.
    const auto folder = open_trusted_folder("AGENT_HOOKS_DIR", settings_.hooks_folder);
    if (!folder) return failed_step(folder.error().message);
    const auto program = open_trusted_program(*folder, settings_.hooks_folder, name);
    if (!program) return failed_step("hook " + program.error().message + ", or remove it");
    if (program->is_absent) return nothing_to_do("no hook " + path);
    return execute(command_of({path}, step, task), task, command_bound(task), time, interrupt);
}

StepResult StepRunner::purge(const Task& task, StepTime time, const Interrupt& interrupt) {
    if (settings_.purge.empty()) return failed_step("AGENT_PURGE_CMD is not set");
    if (const auto payload = load_task_payload(files_, task); !payload) {
        return failed_step(payload.error().message);
    }
    return command(settings_.purge, StepName::purge, task, time, interrupt);
}

StepResult StepRunner::job(const Task& task, StepTime time, const Interrupt& interrupt) {
    if (settings_.jobs_folder.empty()) return failed_step("AGENT_JOBS_DIR is not set");
    const auto wanted = load_job(files_, task);
    if (!wanted) return failed_step(wanted.error().message);
    // Settings may have changed since the dispatch.
    if (const auto fault = release::wire::job_variable_fault({*wanted}, settings_.job_variables)) {
        return failed_step(*fault);
    }
    StepResult result;
    const auto program = open_job(settings_.jobs_folder, *wanted, interrupt);
    if (program) {
        std::vector<std::string> arguments{settings_.jobs_folder + "/" + wanted->name};
        arguments.insert(arguments.end(), wanted->args.begin(), wanted->args.end());
        Command command = command_of(std::move(arguments), StepName::job, task);
        command.program = program->file.get();
        command.is_script = program->is_script;
        command.output_bytes_max = job_output_bytes_max;
        add_job_environment(command.environment, *wanted);
        const Bound bound{wanted->timeout.value_or(Millis::max()), "the job's timeoutSec"};
        result = execute(std::move(command), task, bound, time, interrupt);
    } else {
        result = failed_step(program.error().message);
    }
    result.called = "job:" + wanted->name;
    return result;
}

Command StepRunner::command_of(std::vector<std::string> arguments, StepName step,
                               const Task& task) const {
    Command command;
    command.arguments = std::move(arguments);
    // The same for all commands, and the one in which service managers start servers: a relative
    // path found by the check is then found by the reload too, and a server started by a command
    // does not hold a folder that retention will remove.
    command.folder = "/";
    command.environment = command_environment(files_, task, step);
    command.niceness = settings_.niceness;
    return command;
}

StepRunner::Bound StepRunner::command_bound(const Task& task) const {
    // Tasks of other types are hardly more than their command, which gets the task's time limit.
    const bool is_apply = task.type == release::TaskType::apply_config;
    return {is_apply ? settings_.timeout : Millis::max(), "AGENT_COMMAND_TIMEOUT_SEC"};
}

StepResult StepRunner::execute(Command command, const Task& task, Bound bound, StepTime time,
                               const Interrupt& interrupt) {
    const Millis own_time = std::min(bound.time, time.of_step);
    command.timeout = std::min(own_time, time.of_task);
    CommandResult ended = processes_.run(command, interrupt);
    StepResult result;
    // Before shortening: half a line would not be recognised.
    std::string output = shown_output(task, ended);
    const std::string said = quote(output);
    using End = CommandResult::End;
    switch (ended.end) {
        case End::exited:
            result.exit_code = ended.exit_code;
            result.is_ok = ended.exit_code == 0;
            result.error = "exit status " + std::to_string(ended.exit_code) + said;
            break;
        case End::killed:
            result = failed_step("ended by signal " + std::to_string(ended.signal) + said);
            break;
        case End::timed_out:
            result = failed_step(time.of_task <= own_time
                                     ? "the task's time was up, killed" + said
                                     : "not finished after " + seconds(own_time) + " (" +
                                           (own_time < bound.time ? "the rest of " : "") +
                                           bound.called + "), killed" + said);
            break;
        case End::interrupted:
            result = failed_step("interrupted, killed" + said);
            break;
        case End::not_started:
            result = failed_step(ended.error);
            break;
    }
    if (result.is_ok) result.error.clear();
    result.output = std::move(output);
    return result;
}

}  // namespace edgeroll::agent
