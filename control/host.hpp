// Facts from the machine: the process name for claims, the date, randomness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// Seconds since 1970; for `exp` of JWTs only.
[[nodiscard]] std::int64_t unix_now();

/// `host:pid:start`, unique among processes; goes into `claimed_by` (255 characters).
[[nodiscard]] std::string process_name();

/// Raises the limit on open files (RLIMIT_NOFILE, soft up to hard, at most 65536): a process
/// without free files would take healthy nodes for unreachable.
void raise_file_limit();

/// Limit on kept connections to agents: half of the files that this process may open.
[[nodiscard]] std::size_t kept_connections();

class SystemRandom final : public Random {
  public:
    SystemRandom();
    double fraction() override;

  private:
    std::mt19937_64 engine_;
};

}  // namespace edgeroll::control
