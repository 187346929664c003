#include "control/store/rows/column_text.hpp"

#include "release/text/utf8.hpp"

namespace edgeroll::control {

std::string fitted(std::string_view text, std::size_t bytes_max) {
    const std::string whole = release::repair_utf8(text);
    // In a word, the truncation mark would be as long as the word.
    return bytes_max > word_bytes_max ? release::shortened(whole, bytes_max)
                                      : release::cut_utf8(whole, bytes_max);
}

}  // namespace edgeroll::control
