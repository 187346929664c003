// Starting a process: everything between fork and exec.
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/descriptor.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// A command and its keeper: a process of ours between the agent and the command, below which every
/// descendant stays whatever it does (setsid, double fork), as long as the keeper lives. It does
/// nothing but wait for them. What is below it when it ends goes to whoever adopts orphans.
struct Child {
    pid_t keeper = -1;  ///< to be killed and reaped by the caller; -1: not started
    pid_t pid = -1;     ///< the command, also its process group and session
    Descriptor output;  ///< read end of its standard output and error, non-blocking
    /// Read end, non-blocking: the command's wait status (an int) once it has ended; nothing more
    /// when the keeper is gone.
    Descriptor ended;
    std::string error;  ///< why it was not started
};

/// Keeper and command are killed when the calling thread ends.
[[nodiscard]] Child start_child(const Command& command);

/// Kills and reaps the keeper, once. What runs below it is left alone.
void end_keeper(Child& child);

}  // namespace edgeroll::agent
