// Answers in the API's envelope (docs/contract.md section 7).
#pragma once

#include <string>
#include <string_view>

#include "release/result.hpp"
#include "release/wire/json_util.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

[[nodiscard]] tls::Response answer(const release::wire::Json& data);
/// @param data JSON text
[[nodiscard]] tls::Response answer_text(std::string_view data);

/// The HTTP status, Retry-After and WWW-Authenticate follow from the code. Details of internal
/// errors (5001, 5002) are only logged: the caller gets the code and a plain sentence.
[[nodiscard]] tls::Response refuse(const release::Error& error);
[[nodiscard]] tls::Response refuse(int code, std::string message);

/// A malformed or illegal request: code 2002.
[[nodiscard]] tl::unexpected<release::Error> invalid(std::string message);
[[nodiscard]] release::Error too_large(std::size_t bytes_max);

/// Body of the server's own errors (404, 405, 413, ...), as tls::ErrorBody.
[[nodiscard]] std::string error_body(int http_status, const std::string& what);

}  // namespace edgeroll::control::api
