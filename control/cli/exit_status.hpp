// Exit statuses of commands (docs/contract.md section 1 and the README's table).
#pragma once

namespace edgeroll::cli {

enum class ExitStatus : int {
    success = 0,
    release_failed = 1,  ///< the followed release failed or was cancelled
    refused = 2,         ///< bad usage, refused by control (4xx), or the operator answered no
    unreachable = 3,     ///< no answer from control, or control is unable to answer now (5xx)
    timed_out = 4,       ///< `release wait`: goal not reached in time
};

}  // namespace edgeroll::cli
