// What a node's agent said last about what the node has (GET /state, docs/contract.md 5.1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "release/ids.hpp"
#include "release/states.hpp"

namespace edgeroll::release {

enum class ObservedContent {
    none,      ///< the agent never said anything about it
    whole,     ///< every file below `live` is as it was written
    changed,   ///< a file below `live` differs, or all of it is gone
    empty,     ///< there is no `live`: nothing was applied yet, or AGENT_ROOT was wiped
    believed,  ///< only what the agent once applied: it cannot tell what lies there now
};

/// The database's word; empty for `none`.
[[nodiscard]] std::string_view to_text(ObservedContent content);
/// Nothing for an unknown word; empty text is `none`.
template <>
std::optional<ObservedContent> from_text<ObservedContent>(std::string_view text);

struct Observation {
    ObservedContent content = ObservedContent::none;
    std::optional<Version> version;  ///< that the agent believes to be applied
    /// whole, believed: the digest of that content. changed: of what is there, or empty.
    std::string sha256;
    std::string facts_sha256;  ///< of the facts that its templates contain; empty: none, or unknown
    std::string remark;        ///< the first difference, or why the agent cannot tell
    std::string agent_version;
    std::string capabilities;  ///< words with commas between them

    friend bool operator==(const Observation&, const Observation&) = default;
};

struct HeldContent {
    std::optional<Version> version;
    std::string sha256;  ///< empty: not known
    friend bool operator==(const HeldContent&, const HeldContent&) = default;
};

/// What the node holds, as far as is known: what was observed of it, else what releases applied
/// (docs/contract.md 4.9). Without a digest where what lies there is not what was applied, or
/// nobody can say.
[[nodiscard]] HeldContent held_content(const HeldContent& applied, const Observation& observed);

}  // namespace edgeroll::release
