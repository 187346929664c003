// batch_config, from --batch-config and the options that fill it.
#pragma once

#include "control/cli/api_client.hpp"
#include "control/cli/commands.hpp"

namespace edgeroll::cli {

/// An object, empty when nothing was typed. Options win over the keys of --batch-config. Refused: a
/// file that cannot be read or is over 64 KiB, text that is no JSON object. Which keys and values
/// are legal is for control to say.
[[nodiscard]] Answer<release::wire::Json> batch_config_of(const BatchOptions& typed,
                                                          Keyboard& keyboard);

}  // namespace edgeroll::cli
