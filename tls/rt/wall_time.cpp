#include "tls/rt/wall_time.hpp"

#include <chrono>

namespace edgeroll::rt {

std::int64_t wall_seconds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

}  // namespace edgeroll::rt
