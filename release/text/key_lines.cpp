#include "release/text/key_lines.hpp"

#include <algorithm>

namespace edgeroll::release {

std::vector<std::string_view> key_lines(std::string_view text) {
    constexpr const char* blanks = " \t\r";
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto begin = line.find_first_not_of(blanks);
        if (begin == line.npos || line[begin] == '#') continue;
        lines.push_back(line.substr(begin, line.find_last_not_of(blanks) - begin + 1));
    }
    return lines;
}

}  // namespace edgeroll::release
