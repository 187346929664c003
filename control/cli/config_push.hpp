// `edgeroll config push`
#pragma once

#include <string>

#include "control/cli/api_client.hpp"
#include "control/cli/commands.hpp"
#include "control/cli/options.hpp"

namespace edgeroll::cli {

/// Stores a folder or a payload file as a version; the text to show. Remarks and warnings go to
/// standard error at once; nothing of a secret's content goes anywhere but to control. Refused
/// before anything is sent: what is no payload, and private keys that are not secret. Blocking.
[[nodiscard]] Answer<std::string> push_config(const ConfigPush& what, Format format, Ports ports);

}  // namespace edgeroll::cli
