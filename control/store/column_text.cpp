#include "control/store/column_text.hpp"

#include "release/wire/text_util.hpp"

namespace edgeroll::control {

std::string fitted(std::string_view text, std::size_t bytes_max) {
    return release::wire::cut_utf8(release::wire::repair_utf8(text), bytes_max);
}

}  // namespace edgeroll::control
