#include "control/store/db/sqlite_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/rt/log.hpp"

namespace edgeroll::control {
namespace {

constexpr mode_t wanted_mode = 0640;
constexpr mode_t of_others = 0007;

bool is_in_memory(const std::string& path) {
    return path.empty() || path.front() == ':';
}

void close_one(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
    if ((info.st_mode & of_others) == 0) return;
    if (::chmod(path.c_str(), info.st_mode & 07777U & ~of_others) == 0) {
        rt::log(rt::LogLevel::info, "database_file_closed",
                {{"file", path}, {"reason", "everybody on this machine could open it"}});
        return;
    }
    rt::log(rt::LogLevel::warn, "database_file_open",
            {{"file", path},
             {"reason", "everybody on this machine can open it, and it is another user's"},
             {"cure", "chmod o= it"}});
}

}  // namespace

void make_database_file(const std::string& path) {
    if (is_in_memory(path)) return;
    const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, wanted_mode);
    if (made >= 0) ::close(made);
}

void close_to_others(const std::string& path) {
    if (is_in_memory(path)) return;
    for (const char* suffix : {"", "-wal", "-shm"})
        close_one(path + suffix);
}

}  // namespace edgeroll::control
