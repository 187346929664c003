// What the shell sees of a command (docs/contract.md section 1 and the README's table).
#pragma once

namespace edgeroll::cli {

enum class ExitStatus : int {
    success = 0,
    release_failed = 1,  ///< of a command that follows a release: it failed or was cancelled
    refused = 2,         ///< bad usage, control refused the request (4xx), or the operator said no
    unreachable = 3,     ///< no answer from control, or control cannot do it now (5xx)
    timed_out = 4,       ///< `release wait`: not reached in the time given
};

}  // namespace edgeroll::cli
