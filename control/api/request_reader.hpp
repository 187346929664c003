// Strict parsing of requests: ids in paths, query parameters, JSON bodies.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "control/api/ports/asker.hpp"
#include "control/api/tokens.hpp"
#include "release/result.hpp"
#include "release/wire/json_util.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

inline constexpr std::size_t body_bytes_max = 1U << 20;
inline constexpr std::size_t reason_bytes_max = 4096;  ///< of the field `reason`

/// The caller, as the audit log names it.
[[nodiscard]] Asker asker_of(const tls::Request& request, const Caller& caller);

/// The first capture of the route as a positive 64-bit integer, in plain digits.
/// @param what its name in the message ("release id")
[[nodiscard]] release::Result<std::int64_t> read_id(const tls::Request& request, const char* what);

/// Refuses all query parameters that are not in the list.
[[nodiscard]] release::Result<void> only_parameters(const tls::Request& request,
                                                    std::initializer_list<std::string_view> known);

/// UTF-8 of at most that many bytes, without control characters.
[[nodiscard]] bool is_plain_text(const std::string& text, std::size_t bytes_max);

/// The text of a parameter; an empty text counts as missing.
[[nodiscard]] release::Result<std::string> text_parameter(const tls::Request& request,
                                                          const char* name, std::size_t bytes_max);
[[nodiscard]] release::Result<int> number_parameter(const tls::Request& request, const char* name,
                                                    int otherwise, int least, int most);

/// The body as an object without other fields than those in the list.
[[nodiscard]] release::Result<release::wire::Json> read_body(
    const tls::Request& request, std::initializer_list<std::string_view> known,
    std::size_t bytes_max = body_bytes_max);

/// Text of an optional field: at most `bytes_max` bytes, no NUL; empty when missing.
[[nodiscard]] release::Result<std::string> bounded_text(const release::wire::Json& body,
                                                        const char* field, std::size_t bytes_max);

}  // namespace edgeroll::control::api
