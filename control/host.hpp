// What the process learns from the machine: its name in claims, the date, chance.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// Seconds since 1970; for `exp` of JWTs only.
[[nodiscard]] std::int64_t unix_now();

/// `host:pid:start`, unlike that of any other process; goes into `claimed_by` (255 characters).
[[nodiscard]] std::string process_name();

/// As many files at once as the system lets this process have (RLIMIT_NOFILE, soft up to hard, at
/// most 65536): a process without any would take healthy nodes for unreachable.
void raise_file_limit();

class SystemRandom final : public Random {
  public:
    SystemRandom();
    double fraction() override;

  private:
    std::mt19937_64 engine_;
};

}  // namespace edgeroll::control
