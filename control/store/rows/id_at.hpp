// An id that a column may hold.
#pragma once

#include <cstddef>
#include <optional>

#include "control/store/db/value.hpp"
#include "release/ids.hpp"

namespace edgeroll::control {

/// Nothing for NULL and for what is no whole number.
[[nodiscard]] inline std::optional<release::ReleaseId> id_at(const Row& row, std::size_t column) {
    const auto number = row.integer(column);
    if (!number) return std::nullopt;
    return release::ReleaseId{*number};
}

}  // namespace edgeroll::control
