// `edgeroll-control rekey`: what is said of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "control/settings.hpp"

namespace edgeroll::control {

struct RekeyVerdict {
    int status = 1;    ///< 0: everything is sealed by the first key; 1: something is not
    std::string text;  ///< lines for people
};

/// Seals the secrets of all contents by the first key of SECRETS_KEY_FILE. Error: keys or database
/// cannot be read; one line for the user.
/// @param tell_progress called now and then with how many were looked at
[[nodiscard]] release::Result<RekeyVerdict> rekey(
    const Settings& settings, bool is_dry_run,
    const std::function<void(std::int64_t)>& tell_progress);

}  // namespace edgeroll::control
