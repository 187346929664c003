// What the decisions of a release rest on, for `release explain`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/cli/views.hpp"

namespace edgeroll::cli {

/// The rows of the API in order of their ids; nothing from an older control, which does not tell
/// them. Of more than 5,000 rows only the first.
[[nodiscard]] Answer<std::optional<release::wire::Json>> fetch_evidence(Http& http,
                                                                        std::int64_t id);

/// A block for each batch that was opened, and a block for what came after; of many the last ones.
/// Empty without rows. Pure; printable.
[[nodiscard]] std::string evidence_text(const ReleaseLine& release,
                                        const release::wire::Json& rows);

}  // namespace edgeroll::cli
