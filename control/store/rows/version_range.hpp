// The range of versions. A row may hold any number: outside the range it is refused in a release
// and unknown in a node (docs/contract.md 3.10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/store/db/dialect.hpp"
#include "control/store/db/value.hpp"
#include "control/store/rows/columns.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Well below the largest integer, so that next versions always exist.
inline constexpr std::int64_t version_last = 9'223'372'036'854'774'806;
inline constexpr const char* version_range_text = "a whole number from 1 to 9223372036854774806";

/// For a release.
[[nodiscard]] inline bool is_possible(release::Version version) {
    return version.value >= 1 && version.value <= version_last;
}

/// For a node or a content: nothing for NULL and for versions that no release can have. 0 means the
/// same as NULL and is kept.
[[nodiscard]] inline std::optional<release::Version> possible_version(const Field& field) {
    const auto number = field.integer();
    if (!number || *number < 0 || *number > version_last) return std::nullopt;
    return release::Version{*number};
}

template <auto first, auto... next>
void possible_version_into(detail::Owner<first>& to, const Field& field) {
    ((to.*first).*....*next) = possible_version(field);
}

/// A condition. SQLite may store fractions and text in an integer column.
[[nodiscard]] inline std::string is_possible_version(const Dialect& dialect,
                                                     const std::string& column) {
    return "(" + dialect.is_integer(column) + " AND " + column + " BETWEEN 1 AND " +
           std::to_string(version_last) + ")";
}

}  // namespace edgeroll::control
