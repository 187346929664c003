// `edgeroll-control rekey` and its report.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "control/settings.hpp"

namespace edgeroll::control {

struct RekeyVerdict {
    int status = 1;    ///< 0: everything is sealed with the first key; 1: not everything
    std::string text;  ///< lines for people
};

/// Seals the secrets of all contents with the first key of SECRETS_KEY_FILE. Error: keys or
/// database cannot be read; one line for the user.
/// @param tell_progress called from time to time with the number of contents examined
[[nodiscard]] release::Result<RekeyVerdict> rekey(
    const Settings& settings, bool is_dry_run,
    const std::function<void(std::int64_t)>& tell_progress);

}  // namespace edgeroll::control
