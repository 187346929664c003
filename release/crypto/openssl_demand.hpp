// For calls of OpenSSL that cannot fail on bytes in memory.
#pragma once

#include <cstdlib>

namespace edgeroll::release {

/// Such a call fails only when OpenSSL itself is broken or memory is out; there is no digest and no
/// ciphertext to go on with then: ends the process.
inline void demand(bool is_done) {
    if (!is_done) std::abort();
}

}  // namespace edgeroll::release
