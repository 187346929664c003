// The variables of a Prometheus gate's query, e.g. {{released_re}} (docs/contract.md 6.11).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::release {

/// Most names that {{released_re}} or {{peers_re}} becomes.
inline constexpr std::size_t names_max = 2'000;

/// Why the query's variables cannot be used, in words that follow `must be`; nothing: they can.
[[nodiscard]] std::optional<std::string> fault_of_query(std::string_view query);

/// The query names these nodes: those that have succeeded, those whose turn is to come.
[[nodiscard]] bool uses_released(std::string_view query);
[[nodiscard]] bool uses_peers(std::string_view query);

/// The present values.
struct QueryValues {
    std::int64_t release = 0, version = 0, batch = 0;
    std::int64_t since_sec = 1;  ///< since the batch's end, at least 1: [0s] is no range
    /// Names; each looked at only if the query needs them.
    std::vector<std::string> released, peers;
};

/// At most `names_max` of them, evenly spread: peers are compared with as a sample.
[[nodiscard]] std::vector<std::string> sample_of(std::vector<std::string> names);

/// Fills the variables in, each once: what a value contains is not looked at again. Names are
/// quoted for a regular expression in such a way that the text may stand in any kind of PromQL
/// string. Error: why the query cannot be asked now (no name, more than names_max, a name that
/// cannot be quoted).
[[nodiscard]] Result<std::string> resolved_query(std::string_view query, const QueryValues& values);

}  // namespace edgeroll::release
