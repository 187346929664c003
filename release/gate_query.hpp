// The variables of a Prometheus gate's query, e.g. {{released_re}} (docs/contract.md 6.11).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::release {

/// Most names that {{released_re}} becomes.
inline constexpr std::size_t released_names_max = 2'000;

/// Why the query's variables cannot be used, in words that follow `must be`; nothing: they can.
[[nodiscard]] std::optional<std::string> fault_of_query(std::string_view query);

/// The query names this variable.
[[nodiscard]] bool uses_released(std::string_view query);

/// The present values.
struct QueryValues {
    std::int64_t release = 0, version = 0, batch = 0;
    std::int64_t since_sec = 1;         ///< since the batch's end, at least 1: [0s] is no range
    std::vector<std::string> released;  ///< names; looked at only if the query needs them
};

/// Fills the variables in, each once: what a value contains is not looked at again. Names are
/// quoted for a regular expression in such a way that the text may stand in any kind of PromQL
/// string. Error: why the query cannot be asked now (no name, more than released_names_max, a name
/// that cannot be quoted).
[[nodiscard]] Result<std::string> resolved_query(std::string_view query, const QueryValues& values);

}  // namespace edgeroll::release
