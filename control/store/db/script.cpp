#include "control/store/db/script.hpp"

#include <algorithm>
#include <utility>

namespace edgeroll::control {

std::vector<std::string> script_statements(std::string_view script) {
    std::vector<std::string> all;
    std::string current;
    while (!script.empty()) {
        const std::size_t end = std::min(script.find('\n'), script.size());
        const std::string_view line = script.substr(0, end);
        script.remove_prefix(std::min(end + 1, script.size()));
        if (line.empty() || line.substr(0, 2) == "--") continue;
        current += line;
        current += '\n';
        if (line.back() != ';') continue;
        current.resize(current.size() - 2);
        all.push_back(std::move(current));
        current.clear();
    }
    return all;
}

}  // namespace edgeroll::control
