// Inside the server: checks of a request that need no connection.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tls/http_server.hpp"

namespace edgeroll::tls {

/// An answer that the server itself gives.
struct Refusal {
    int status = 0;  ///< 0: none
    std::string what;
};

/// Splits the request's target into path and parameters; drops the host of an absolute target
/// (`http://host/…`). Refuses other targets, broken percent sequences and repeated parameters
/// (400).
[[nodiscard]] Refusal read_target(std::string_view target, Request& request);

/// Refuses requests whose length two programs could read differently (400), and expectations other
/// than 100-continue (417).
/// @param headers names in lower case, repeated headers joined by ", "
[[nodiscard]] Refusal judge_headers(const std::map<std::string, std::string>& headers);

/// Requires exactly one Host in HTTP/1.1 and at most one in other versions (400). Refuses chunked
/// bodies in HTTP/1.0 (400).
/// @param version 10 or 11
[[nodiscard]] Refusal judge_version(const std::map<std::string, std::string>& headers,
                                    unsigned version);

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7). @param unix_seconds since 1970
[[nodiscard]] std::string http_date(std::int64_t unix_seconds);

/// The body of a refusal, in the program's own format if it has one.
[[nodiscard]] std::string error_text(const ServerOptions& options, int status,
                                     const std::string& what);

}  // namespace edgeroll::tls
