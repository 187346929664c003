// Ending a command with everything that it has started, by the parents in /proc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "release/time.hpp"

namespace edgeroll::agent {

struct Descendant {
    pid_t pid = 0;
    unsigned long long started = 0;  ///< in ticks since the boot: tells it from a later one
};

/// Every process below `top`, at any depth, that has not ended (zombies have). As far as /proc
/// shows it to us.
[[nodiscard]] std::vector<Descendant> descendants_of(pid_t top);

/// Sends the signal to every process below `top`. Returns how many there were.
std::size_t signal_descendants(pid_t top, int signal);

/// Stops every process below `top`, so that none makes another, then kills them; again until none
/// is left or the time is up. `top` must adopt orphans and reap them. Blocking. Returns how many
/// are left: of those we have no right to.
[[nodiscard]] std::size_t kill_descendants(pid_t top, release::Millis at_most);

}  // namespace edgeroll::agent
