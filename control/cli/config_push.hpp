// `edgeroll config push`
#pragma once

#include <string>

#include "control/cli/api_client.hpp"
#include "control/cli/commands.hpp"
#include "control/cli/options.hpp"

namespace edgeroll::cli {

/// Stores a folder or a payload file as a version; returns the text to show. Writes remarks and
/// warnings to standard error at once; a secret's content goes only to control. Refused before
/// anything is sent: invalid payloads, and private keys that are not secret. Blocking.
[[nodiscard]] Answer<std::string> push_config(const ConfigPush& what, Format format, Ports ports);

}  // namespace edgeroll::cli
