// Starting a process: everything between fork and exec.
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/descriptor.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

struct Child {
    pid_t pid = -1;     ///< also its process group and session; -1: not started
    Descriptor output;  ///< read end of its standard output and error, non-blocking
    std::string error;  ///< why it was not started
};

/// The child is killed when the calling thread ends.
[[nodiscard]] Child start_child(const Command& command);

}  // namespace edgeroll::agent
