// `reconciliation show|continue`: nodes that are given what they lack (docs/contract.md 6.9, 7.10).
#pragma once

#include <string>

#include "control/cli/commands.hpp"
#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

[[nodiscard]] Text show_reconciliation(Format format, Ports ports);
/// Asks nothing first: a repeated request changes nothing.
[[nodiscard]] Text continue_reconciliation(const ReconciliationContinue& what, Format format,
                                           Ports ports);

/// What it does and what to do about it, its settings, then a table each of the nodes that are
/// served now, come next, wait, and ended last. Pure; any JSON is shown as far as it is understood.
[[nodiscard]] std::string render_reconciliation(const release::wire::Json& data, Moment now);

}  // namespace edgeroll::cli
