// Inside the server: what can be judged about a request without a connection.
#pragma once

#include <string>
#include <string_view>

#include "tls/http_server.hpp"

namespace edgeroll::tls {

/// An answer that the server gives by itself.
struct Refusal {
    int status = 0;  ///< 0: none
    std::string what;
};

/// Takes the request's target apart into path and parameters. Refuses what is not a path, broken
/// percent sequences and repeated parameters (400).
[[nodiscard]] Refusal read_target(std::string_view target, Request& request);

/// Refuses requests whose length two programs could read differently (400), and expectations
/// other than 100-continue (417). @param headers names in lower case, repeated ones joined by ", "
[[nodiscard]] Refusal judge_headers(const std::map<std::string, std::string>& headers);

/// The body of such an answer, in the program's own words where it has some.
[[nodiscard]] std::string error_text(const ServerOptions& options, int status,
                                     const std::string& what);

}  // namespace edgeroll::tls
