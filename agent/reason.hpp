// The system's message for an error.
#pragma once

#include <string>
#include <system_error>

namespace edgeroll::agent {

/// @param error of errno
[[nodiscard]] inline std::string reason(int error) {
    return std::generic_category().message(error);
}

}  // namespace edgeroll::agent
