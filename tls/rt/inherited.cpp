#include "tls/rt/inherited.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <initializer_list>

namespace edgeroll::rt {
namespace {

void open_standard_streams() {
    // Ascending, because open() returns the lowest free number.
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
        // Opened in the wrong direction, so that reading or writing is still an error that a
        // program sees.
        const int way = number == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (::open("/dev/null", way) < 0) (void)::open("/", O_RDONLY | O_DIRECTORY);
    }
}

}  // namespace

void begin_command() {
    open_standard_streams();
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // If SIGCHLD is ignored the kernel discards the exit statuses of children.
    std::signal(SIGCHLD, SIG_DFL);
}

void begin_service() {
    begin_command();
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    const mode_t inherited = ::umask(077);
    ::umask((inherited & 077) | 022);
}

}  // namespace edgeroll::rt
