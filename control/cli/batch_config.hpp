// batch_config, from --batch-config and the options that fill it.
#pragma once

#include "control/cli/api_client.hpp"
#include "control/cli/commands.hpp"

namespace edgeroll::cli {

/// Returns an object, empty when no option was given. Options override the keys of --batch-config.
/// Refused: a file that cannot be read or is over 64 KiB, text that is not a JSON object. Control
/// validates keys and values.
[[nodiscard]] Answer<release::wire::Json> batch_config_of(const BatchOptions& typed,
                                                          Keyboard& keyboard);

}  // namespace edgeroll::cli
