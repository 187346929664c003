#include "control/api/view_parts.hpp"

#include "release/node_evidence.hpp"

namespace edgeroll::control::api {

release::wire::Json evidence_or_null(const std::optional<std::string>& words) {
    using release::wire::Json;
    if (!words || *words == release::looks::unknown) return nullptr;
    Json list = Json::array();
    std::string_view rest = *words;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        list.push_back(std::string(rest.substr(0, comma)));
        rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    }
    return list;
}

}  // namespace edgeroll::control::api
