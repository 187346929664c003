// Lists of words with commas between them, as columns and agents' answers have them.
#pragma once

#include <string_view>

namespace edgeroll::release {

/// Whether the list contains the word. O(list)
[[nodiscard]] constexpr bool has_word(std::string_view words, std::string_view wanted) {
    while (!words.empty()) {
        const auto comma = words.find(',');
        if (words.substr(0, comma) == wanted) return true;
        words.remove_prefix(comma == words.npos ? words.size() : comma + 1);
    }
    return false;
}

}  // namespace edgeroll::release
