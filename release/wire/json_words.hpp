// Lists of words in JSON, which inside the programs are text: `check,verify_url`.
#pragma once

#include <string>
#include <string_view>

#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {

/// `["check","verify_url"]` of `check,verify_url`.
[[nodiscard]] Json list_of_words(std::string_view words);

/// The list `field` of an object as ascending words with commas between them; empty if there is no
/// list. Words have letters, digits, `_` and `:`, and at most 64 bytes; other entries are ignored,
/// and so are words beyond 32.
[[nodiscard]] std::string words_of(const Json& data, const char* field);

}  // namespace edgeroll::release::wire
