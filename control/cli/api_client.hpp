// Requests to the control service, and the exit statuses for its answers.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "control/cli/exit_status.hpp"
#include "control/cli/ports.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::cli {

struct Failure {
    ExitStatus status = ExitStatus::refused;
    std::string message;  ///< printable, for standard error
    int code = 0;         ///< of docs/contract.md section 7, if control refused; else 0
};

[[nodiscard]] inline tl::unexpected<Failure> refuse(std::string message) {
    return tl::unexpected<Failure>(Failure{ExitStatus::refused, std::move(message), 0});
}

template <class T>
using Answer = tl::expected<T, Failure>;

/// Maximum size of an answer: a release of 10,000 nodes with errors is about 5 MiB.
inline constexpr std::size_t answer_bytes_max = 64U << 20;
/// Approximate maximum of JSON values in an answer; each takes some 100 bytes of memory. Such a
/// release with all its steps has 700,000 values, a content of the smallest files 900,000.
inline constexpr std::size_t answer_values_max = 2'000'000;

/// Sends one request and returns the envelope's `data`. 4xx is `refused`, with the setting to
/// change if the token is missing or insufficient; 5xx, no answer and answers of other services are
/// `unreachable`. A modifying request without an answer may have been carried out: the message says
/// so.
[[nodiscard]] Answer<release::wire::Json> call(Http& http, const ApiRequest& request);

/// `path?name=value&…`; leaves out empty values and percent-encodes the others.
[[nodiscard]] std::string with_query(
    std::string path, const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace edgeroll::cli
