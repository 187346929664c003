#include "agent/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <vector>

namespace edgeroll::agent {
namespace {

/// Everything the child needs, prepared before the fork: afterwards only system calls are safe,
/// since the locks of other threads (malloc's, say) were copied in any state.
struct Plan {
    std::vector<char*> arguments, environment;
    const char* folder = nullptr;
    int niceness = 0;
    int output = -1, error_report = -1;
    int word = -1;  ///< the keeper's end
    int program = -1;
    bool is_script = false;
    pid_t parent = 0;
};

[[noreturn]] void report_and_exit(int descriptor) {
    const int error = errno;
    (void)!::write(descriptor, &error, sizeof error);
    ::_exit(127);
}

constexpr int program_place = 4;

/// Moves the program's descriptor to its fixed number, out of the way of those overwritten later;
/// exec closes it, unless an interpreter has to open /dev/fd/4. False with errno.
bool place_program(const Plan& plan, int kept_away) {
    if (plan.program < 0) return true;
    return ::dup2(kept_away, program_place) >= 0 &&
           ::fcntl(program_place, F_SETFD, plan.is_script ? 0 : FD_CLOEXEC) >= 0;
}

constexpr int word_place = 3;

void say(int descriptor, int word) {
    (void)!::write(descriptor, &word, sizeof word);
}

[[noreturn]] void become(const Plan& plan);

/// The keeper process. Like the child it may only make system calls.
[[noreturn]] void keep(Plan& plan) {
    // A service manager signals all processes of the agent; only the agent may end the command.
    for (int signal = 1; signal < NSIG; ++signal) {
        if (signal != SIGCHLD) ::signal(signal, SIG_IGN);
    }
    ::signal(SIGCHLD, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(127);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_NAME, "edgeroll-keeper");
    plan.parent = ::getpid();
    const pid_t command = ::_Fork();
    if (command == 0) become(plan);
    const int error = errno;
    // Keep only the pipe: a copy of the other descriptors would block their readers.
    if (::dup2(plan.word, word_place) < 0) ::_exit(127);
    for (int standard = 0; standard < word_place; ++standard)
        ::close(standard);
    if (::syscall(SYS_close_range, word_place + 1U, ~0U, 0U) != 0) {
        for (int descriptor = word_place + 1; descriptor < 65536; ++descriptor)
            ::close(descriptor);
    }
    say(word_place, command < 0 ? -error : command);
    while (true) {
        int status = 0;
        const pid_t ended = ::waitpid(-1, &status, 0);
        if (ended == command && command > 0) say(word_place, status);
        if (ended < 0 && errno == ECHILD) ::pause();
    }
}

[[noreturn]] void become(const Plan& plan) {
    ::setsid();
    // After kill -9 of the agent no command must run beside those of the next agent.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(127);
    const int program = plan.program < 0 ? -1 : ::fcntl(plan.program, F_DUPFD, 16);
    const int null = ::open("/dev/null", O_RDONLY);
    if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(plan.output, 1) < 0 ||
        ::dup2(plan.output, 2) < 0 || ::dup2(plan.error_report, 3) < 0 ||
        ::fcntl(3, F_SETFD, FD_CLOEXEC) < 0) {
        report_and_exit(plan.error_report);
    }
    if (!place_program(plan, program)) report_and_exit(3);
    const int first_closed = plan.program < 0 ? program_place : program_place + 1;
    if (::syscall(SYS_close_range, static_cast<unsigned>(first_closed), ~0U, 0U) != 0) {
        for (int descriptor = first_closed; descriptor < 65536; ++descriptor)
            ::close(descriptor);
    }
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::umask(022);
    (void)::setpriority(PRIO_PROCESS, 0, plan.niceness);  // may be forbidden; ignored
    if (::chdir(plan.folder) != 0) report_and_exit(3);
    if (plan.program < 0) {
        ::execve(plan.arguments[0], plan.arguments.data(), plan.environment.data());
    } else {
        ::syscall(SYS_execveat, program_place, "", plan.arguments.data(), plan.environment.data(),
                  AT_EMPTY_PATH);
    }
    report_and_exit(3);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> found;
    found.reserve(texts.size() + 1);
    for (std::string& text : texts)
        found.push_back(text.data());
    found.push_back(nullptr);
    return found;
}

bool make_pipe(Descriptor& read_end, Descriptor& write_end) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = Descriptor(ends[0]);
    write_end = Descriptor(ends[1]);
    // Otherwise the child's standard streams would overwrite them.
    if (std::min(ends[0], ends[1]) > STDERR_FILENO) return true;
    errno = EBADF;
    return false;
}

/// errno of a failed exec; 0 on success (exec closed the descriptor).
int exec_error(const Descriptor& report) {
    int error = 0;
    ssize_t size = 0;
    do {
        size = ::read(report.get(), &error, sizeof error);
    } while (size < 0 && errno == EINTR);
    return size == static_cast<ssize_t>(sizeof error) ? error : 0;
}

bool read_word(const Descriptor& from, int& word) {
    ssize_t size = 0;
    do {
        size = ::read(from.get(), &word, sizeof word);
    } while (size < 0 && errno == EINTR);
    return size == static_cast<ssize_t>(sizeof word);
}

}  // namespace

void end_keeper(Child& child) {
    if (child.keeper < 0) return;
    ::kill(child.keeper, SIGKILL);
    while (::waitpid(child.keeper, nullptr, 0) < 0 && errno == EINTR) {
    }
    child.keeper = -1;
}

Child start_child(const Command& command) {
    Child child;
    const auto refuse = [&](int error) {
        child.keeper = -1;
        child.error = "cannot start " + command.arguments.at(0) + " in " + command.folder + ": " +
                      std::generic_category().message(error);
    };
    std::vector<std::string> arguments = command.arguments;
    std::vector<std::string> environment;
    for (const auto& [name, value] : command.environment)
        environment.push_back(name + "=" + value);
    Descriptor output_end, report, report_end, word_end;
    if (!make_pipe(child.output, output_end) || !make_pipe(report, report_end) ||
        !make_pipe(child.ended, word_end)) {
        refuse(errno);
        return child;
    }
    (void)::fcntl(child.output.get(), F_SETFL, O_NONBLOCK);
    Plan plan;
    plan.arguments = pointers(arguments);
    plan.environment = pointers(environment);
    plan.folder = command.folder.c_str();
    plan.niceness = command.niceness;
    plan.output = output_end.get();
    plan.error_report = report_end.get();
    plan.word = word_end.get();
    plan.program = command.program;
    plan.is_script = command.is_script;
    plan.parent = ::getpid();
    child.keeper = ::fork();
    if (child.keeper == 0) keep(plan);
    if (child.keeper < 0) {
        refuse(errno);
        return child;
    }
    report_end.reset();
    word_end.reset();
    int error = exec_error(report);
    int word = 0;
    if (error == 0 && !read_word(child.ended, word)) error = ECHILD;
    if (error == 0 && word < 0) error = -word;
    if (error != 0) {
        end_keeper(child);
        refuse(error);
        return child;
    }
    child.pid = word;
    (void)::fcntl(child.ended.get(), F_SETFL, O_NONBLOCK);
    return child;
}

}  // namespace edgeroll::agent
