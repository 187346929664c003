// For OpenSSL calls that cannot fail on bytes in memory.
#pragma once

#include <cstdlib>

namespace edgeroll::release {

/// Ends the process if the call failed. It fails only if OpenSSL itself is broken or memory is
/// exhausted; then there is no digest or ciphertext to continue with.
inline void demand(bool is_done) {
    if (!is_done) std::abort();
}

}  // namespace edgeroll::release
