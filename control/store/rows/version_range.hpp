// Which versions there can be. A row may say anything: what is outside is refused where it is a
// release's, and not known where it is a node's (docs/contract.md 3.10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/store/db/dialect.hpp"
#include "control/store/db/value.hpp"
#include "control/store/rows/columns.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Some way below the largest integer, so that there always are next ones.
inline constexpr std::int64_t version_last = 9'223'372'036'854'774'806;
inline constexpr const char* version_range_text = "a whole number from 1 to 9223372036854774806";

/// Of a release.
[[nodiscard]] inline bool is_possible(release::Version version) {
    return version.value >= 1 && version.value <= version_last;
}

/// Of a node or a content: nothing for NULL and for what no release can have brought. 0 says as
/// much as NULL, and is taken as it is.
[[nodiscard]] inline std::optional<release::Version> possible_version(const Field& field) {
    const auto number = field.integer();
    if (!number || *number < 0 || *number > version_last) return std::nullopt;
    return release::Version{*number};
}

template <auto first, auto... next>
void possible_version_into(detail::Owner<first>& to, const Field& field) {
    ((to.*first).*....*next) = possible_version(field);
}

/// A condition. SQLite keeps fractions and text in a column of integers.
[[nodiscard]] inline std::string is_possible_version(const Dialect& dialect,
                                                     const std::string& column) {
    return "(" + dialect.is_integer(column) + " AND " + column + " BETWEEN 1 AND " +
           std::to_string(version_last) + ")";
}

}  // namespace edgeroll::control
