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

/// The HTTP status, Retry-After and WWW-Authenticate follow from the code. What went wrong inside
/// (5001, 5002) is logged and not told: the caller gets the code and a plain sentence.
[[nodiscard]] tls::Response refuse(const release::Error& error);
[[nodiscard]] tls::Response refuse(int code, std::string message);

/// What is malformed or illegal in a request: code 2002.
[[nodiscard]] tl::unexpected<release::Error> invalid(std::string message);
[[nodiscard]] release::Error too_large(std::size_t bytes_max);

/// What the server itself answers (404, 405, 413, ...), as tls::ErrorBody.
[[nodiscard]] std::string error_body(int http_status, const std::string& what);

}  // namespace edgeroll::control::api
