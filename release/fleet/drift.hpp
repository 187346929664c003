// Whether a node has what it should have (docs/contract.md 6.12). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "release/fleet/observation.hpp"
#include "release/ids.hpp"
#include "release/states.hpp"

namespace edgeroll::release {

enum class DriftKind {
    none,
    behind,           ///< it has another content
    changed_on_disk,  ///< it was given the content, and what lies there now differs
    empty,            ///< it has nothing: it is new, or was wiped
    unknown,          ///< nobody can say what it has
    stale_labels,     ///< a template would be filled in otherwise now
};

/// The word of the API; empty for `none`.
[[nodiscard]] std::string_view to_text(DriftKind kind);
template <>
std::optional<DriftKind> from_text<DriftKind>(std::string_view text);

struct Held {
    std::optional<Version> applied_version;  ///< of the release that gave it its content
    std::string applied_sha256;              ///< of that content; empty: not known
    Observation observed;
    /// Digest of the facts that templates of the wanted content contain, as they are now; empty:
    /// there are no templates, or the content is not known.
    std::string facts_sha256;
};

/// @param wanted_sha256 not empty
[[nodiscard]] DriftKind drift_of(const std::string& wanted_sha256, const Held& held);

}  // namespace edgeroll::release
