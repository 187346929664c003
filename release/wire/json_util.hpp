// Strict JSON: size and depth are capped before parsing; values are never narrowed or guessed.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "release/result.hpp"

namespace edgeroll::release::wire {

using Json = nlohmann::json;

inline constexpr std::size_t json_depth_max = 32;
/// One value is allowed for each this many bytes of a text's maximum size: three bytes (`[],`) can
/// cost a hundred of memory, and edgeroll's messages stay far below.
inline constexpr std::size_t json_bytes_per_value = 16;
inline constexpr std::size_t json_values_min = 1000;

/// Parses one JSON value. Refused (code 2002): more than `bytes_max` bytes, deeper than
/// json_depth_max, more values than json_values_min plus one for each json_bytes_per_value bytes of
/// `bytes_max`, a repeated key in an object, bad UTF-8, text after the value. The message is for
/// the sender ("key 'version' is repeated", "not valid JSON at byte 12").
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::size_t bytes_max);

/// Text for the wire: bad UTF-8 (for example in an agent's output) is replaced, never thrown.
[[nodiscard]] std::string dump_json(const Json& value);

/// Members of an object, strictly typed. A missing member is an error for the required functions
/// and nothing for the optional ones; null counts as missing. The message names the field and the
/// expected type.
[[nodiscard]] Result<std::string> required_text(const Json& object, const char* field);
[[nodiscard]] Result<std::int64_t> required_integer(const Json& object, const char* field);
[[nodiscard]] Result<std::optional<std::string>> optional_text(const Json& object,
                                                               const char* field);
[[nodiscard]] Result<std::optional<std::int64_t>> optional_integer(const Json& object,
                                                                   const char* field);
[[nodiscard]] Result<std::optional<bool>> optional_flag(const Json& object, const char* field);

/// `{"code":0,"message":"success","data":…}`
[[nodiscard]] std::string success_envelope(const Json& data);
/// The same. @param data JSON text
[[nodiscard]] std::string success_envelope_of_text(std::string_view data);
/// `{"code":…,"message":…}`
[[nodiscard]] std::string error_envelope(int code, std::string_view message);
/// HTTP status of a code of docs/contract.md section 7 (2002 is 400; 5002 is 503 if
/// `is_unreachable`).
[[nodiscard]] int http_status(int code, bool is_unreachable = true);

}  // namespace edgeroll::release::wire
