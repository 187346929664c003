// Ends a command and everything it started, by the parents in /proc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "release/time.hpp"

namespace edgeroll::agent {

struct Descendant {
    pid_t pid = 0;
    unsigned long long started = 0;  ///< in ticks since boot: detects a reused pid
};

/// Every process below `top`, at any depth, that has not ended (zombies have), as far as /proc
/// shows them to the agent.
[[nodiscard]] std::vector<Descendant> descendants_of(pid_t top);

/// Sends the signal to every process below `top`. Returns their number.
std::size_t signal_descendants(pid_t top, int signal);

/// Stops every process below `top`, so that none starts another, then kills them; repeats until
/// none is left or the time is up. `top` must adopt and reap orphans. Blocking. Returns how many
/// are left: those the agent may not kill.
[[nodiscard]] std::size_t kill_descendants(pid_t top, release::Millis at_most);

}  // namespace edgeroll::agent
