// Runs commands as processes.
#pragma once

#include <memory>

#include "agent/ports.hpp"

namespace edgeroll::agent {

[[nodiscard]] std::unique_ptr<Processes> make_processes();

}  // namespace edgeroll::agent
