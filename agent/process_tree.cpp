#include "agent/process_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/descriptor.hpp"

namespace edgeroll::agent {
namespace {

using release::Millis;

constexpr Millis between_rounds{5};
constexpr int freeze_rounds_max = 20;

struct Process {
    pid_t parent = 0;
    char state = 0;
    unsigned long long started = 0;
};

/// Reads /proc/PID/stat; nothing when the process is gone. The command's name in it may contain any
/// character.
std::optional<Process> look_at(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 1024> text{};
    if (!file.is_open()) return std::nullopt;
    const ssize_t size = ::read(file.get(), text.data(), text.size() - 1);
    if (size <= 0) return std::nullopt;
    const char* const after_name = std::strrchr(text.data(), ')');
    if (after_name == nullptr) return std::nullopt;
    Process process;
    int parent = 0;
    // state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime
    // cstime priority nice threads itrealvalue starttime
    const int found = std::sscanf(after_name + 1,
                                  " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
                                  "%*d %*d %*d %llu",
                                  &process.state, &parent, &process.started);
    if (found < 2) return std::nullopt;
    process.parent = parent;
    return process;
}

std::map<pid_t, Process> everything() {
    std::map<pid_t, Process> all;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
    if (!folder) return all;
    while (const dirent* entry = ::readdir(folder.get())) {
        const std::string_view name = entry->d_name;
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc() || end != name.data() + name.size()) continue;
        if (const auto process = look_at(pid)) all.emplace(pid, *process);
    }
    return all;
}

/// Signals exactly that process: its pid may have been reused since it was listed.
void send(const Descendant& to, int signal) {
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, to.pid, 0U)));
    const auto now = look_at(to.pid);
    if (!now || now->started != to.started) return;
    if (process.is_open()) {
        ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0U);
    } else {
        ::kill(to.pid, signal);
    }
}

}  // namespace

std::vector<Descendant> descendants_of(pid_t top) {
    const std::map<pid_t, Process> all = everything();
    std::multimap<pid_t, pid_t> children;
    for (const auto& [pid, process] : all)
        children.emplace(process.parent, pid);
    std::vector<pid_t> below{top};
    std::vector<Descendant> found;
    // The table was not read atomically: a cycle in it must not cause an endless loop.
    for (std::size_t i = 0; i < below.size() && below.size() <= all.size() + 1; ++i) {
        const auto [first, last] = children.equal_range(below[i]);
        for (auto child = first; child != last; ++child) {
            below.push_back(child->second);
            const Process& process = all.at(child->second);
            if (process.state == 'Z' || process.state == 'X') continue;
            found.push_back({child->second, process.started});
        }
    }
    return found;
}

std::size_t signal_descendants(pid_t top, int signal) {
    const auto found = descendants_of(top);
    for (const Descendant& one : found)
        send(one, signal);
    return found.size();
}

std::size_t kill_descendants(pid_t top, Millis at_most) {
    for (Millis left_time = at_most;; left_time -= between_rounds) {
        std::size_t before = 0;
        for (int round = 0; round < freeze_rounds_max; ++round) {
            const std::size_t count = signal_descendants(top, SIGSTOP);
            if (count == before) break;  // the last round found no more
            before = count;
        }
        const std::size_t left = signal_descendants(top, SIGKILL);
        if (left == 0 || left_time <= Millis(0)) return left;
        (void)::poll(nullptr, 0, static_cast<int>(between_rounds.count()));
    }
}

}  // namespace edgeroll::agent
