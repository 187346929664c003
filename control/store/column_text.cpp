#include "control/store/column_text.hpp"

#include "release/wire/text_util.hpp"

namespace edgeroll::control {

std::string fitted(std::string_view text, std::size_t bytes_max) {
    const std::string whole = release::wire::repair_utf8(text);
    // Of a word a mark would be as long as the word.
    return bytes_max > word_bytes_max ? release::wire::shortened(whole, bytes_max)
                                      : release::wire::cut_utf8(whole, bytes_max);
}

}  // namespace edgeroll::control
