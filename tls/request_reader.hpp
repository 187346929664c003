// Inside the server: what can be judged about a request without a connection.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tls/http_server.hpp"

namespace edgeroll::tls {

/// An answer that the server gives by itself.
struct Refusal {
    int status = 0;  ///< 0: none
    std::string what;
};

/// Takes the request's target apart into path and parameters; of an absolute one (`http://host/…`)
/// the host is left out. Refuses what is neither, broken percent sequences and repeated parameters
/// (400).
[[nodiscard]] Refusal read_target(std::string_view target, Request& request);

/// Refuses requests whose length two programs could read differently (400), and expectations
/// other than 100-continue (417). @param headers names in lower case, repeated ones joined by ", "
[[nodiscard]] Refusal judge_headers(const std::map<std::string, std::string>& headers);

/// In HTTP/1.1 there must be one Host, and in no version more (400). A length in chunks is no part
/// of HTTP/1.0 (400). @param version 10 or 11
[[nodiscard]] Refusal judge_version(const std::map<std::string, std::string>& headers,
                                    unsigned version);

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7). @param unix_seconds since 1970
[[nodiscard]] std::string http_date(std::int64_t unix_seconds);

/// The body of such an answer, in the program's own words where it has some.
[[nodiscard]] std::string error_text(const ServerOptions& options, int status,
                                     const std::string& what);

}  // namespace edgeroll::tls
