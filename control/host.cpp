#include "control/host.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "tls/client_pool.hpp"

namespace edgeroll::control {
namespace {

constexpr rlim_t enough_files = 65'536;

std::int64_t unix_millis() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

std::int64_t unix_now() {
    return unix_millis() / 1000;
}

std::string process_name() {
    std::array<char, 200> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    std::array<char, 24> start{};
    std::snprintf(start.data(), start.size(), "%llx",
                  static_cast<unsigned long long>(unix_millis()));
    const std::string name = host[0] == '\0' ? "unknown" : host.data();
    return name + ":" + std::to_string(getpid()) + ":" + start.data();
}

void raise_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const rlim_t wanted = std::min(limit.rlim_max, enough_files);
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted;
    // If refused the process continues with its current limit.
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t kept_connections() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return tls::kept_connections_max;
    return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, enough_files)) / 2;
}

SystemRandom::SystemRandom() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    engine_.seed(seed);
}

double SystemRandom::fraction() {
    // 53 bits: every value is exact and below 1.
    return static_cast<double>(engine_() >> 11U) / 9007199254740992.0;
}

}  // namespace edgeroll::control
