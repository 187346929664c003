// What the shell sees of a command (SPEC.md section 1 and the README's table).
#pragma once

namespace edgeroll::cli {

enum class ExitStatus : int {
    success = 0,
    release_failed = 1,  ///< `release watch`: the release failed or was cancelled
    refused = 2,         ///< bad usage, or control refused the request (4xx)
    unreachable = 3,     ///< no answer from control, or control cannot do it now (5xx)
};

}  // namespace edgeroll::cli
