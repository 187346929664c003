#include "agent/command_environment.hpp"

#include <set>

#include "agent/layout.hpp"

namespace edgeroll::agent {
namespace {

using apply::StepName;

/// The version the step is about: the one served, or to be served, while it runs.
std::optional<release::Version> step_version(const Task& task, StepName step) {
    switch (step) {
        case StepName::put_back:
        case StepName::reload_back:
        case StepName::verify_back:
            return task.previous;
        default:
            if (task.sha256.empty() && task.live) return task.live;
            return task.version;
    }
}

}  // namespace

std::string step_folder(const Task& task, StepName step) {
    if (step <= StepName::check) return layout::staged_folder(task.version);
    if (task.sha256.empty() && !task.live) return {};
    const auto version = step_version(task, step);
    return version ? layout::version_folder(*version) : std::string();
}

std::string label_variable(const std::string& label) {
    std::string name = "EDGEROLL_LABEL_";
    for (const char c : label) {
        if (c >= 'a' && c <= 'z') {
            name += static_cast<char>(c - 'a' + 'A');
        } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            name += c;
        } else {
            name += '_';
        }
    }
    return name;
}

void add_job_environment(Environment& environment, const release::wire::Job& job) {
    environment.emplace_back("EDGEROLL_JOB", job.name);
    for (const auto& variable : job.env) {
        std::erase_if(environment, [&](const auto& one) { return one.first == variable.first; });
        environment.push_back(variable);
    }
}

Environment command_environment(const Files& files, const Task& task, StepName step) {
    const std::string folder = step_folder(task, step);
    const auto version = step_version(task, step);
    // Nothing of the agent's own environment: commands must not see its settings, and must behave
    // the same however the agent was started.
    Environment made{
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        {"HOME", "/"},
        {"LANG", "C"},
        {"EDGEROLL_STAGED", folder.empty() ? folder : files.absolute(folder)},
        {"EDGEROLL_LIVE", files.absolute(layout::live)},
        {"EDGEROLL_VERSION", version ? std::to_string(version->value) : ""},
        {"EDGEROLL_TASK_ID", task.task_id},
    };
    if (step == StepName::rollback && task.failed) {
        made.emplace_back("EDGEROLL_FAILED_STEP", std::string(apply::to_text(*task.failed)));
    }
    if (step == StepName::purge || step == StepName::job) {
        made.emplace_back("EDGEROLL_PAYLOAD", files.absolute(layout::task_file(task.payload_file)));
    }
    std::set<std::string> seen;
    for (const auto& [label, value] : task.labels) {
        std::string name = label_variable(label);
        if (seen.insert(name).second) made.emplace_back(std::move(name), value);
    }
    return made;
}

}  // namespace edgeroll::agent
