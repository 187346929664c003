// Starts a process: everything between fork and exec.
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/descriptor.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// A command and its keeper: an agent process between agent and command that adopts all descendants
/// whatever they do (setsid, double fork), as long as it lives. It only waits for them. When it
/// ends, its descendants go to the next reaper.
struct Child {
    pid_t keeper = -1;  ///< the caller must kill and reap it; -1: not started
    pid_t pid = -1;     ///< the command, also its process group and session
    Descriptor output;  ///< read end of its standard output and error, non-blocking
    /// Read end, non-blocking: the command's wait status (an int) once it has ended; end of file
    /// without it when the keeper is dead.
    Descriptor ended;
    std::string error;  ///< why it was not started
};

/// Starts the command. Keeper and command are killed when the calling thread ends.
[[nodiscard]] Child start_child(const Command& command);

/// Kills and reaps the keeper, once. Its descendants keep running.
void end_keeper(Child& child);

}  // namespace edgeroll::agent
