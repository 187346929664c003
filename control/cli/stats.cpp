#include "control/cli/stats.hpp"

#include <algorithm>
#include <vector>

#include "control/cli/table.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
using Fields = std::vector<std::pair<std::string, std::string>>;

bool is_plain(const Json& value) {
    return !value.is_structured();
}

std::string plain_text(const Json& value) {
    if (value.is_null()) return "-";
    return value.is_string() ? value.get<std::string>() : release::wire::dump_json(value);
}

void flatten(Fields& fields, const std::string& name, const Json& value) {
    const std::string prefix = name.empty() ? "" : name + ".";
    if (value.is_object() && !value.empty()) {
        for (const auto& [key, below] : value.items())
            flatten(fields, prefix + key, below);
    } else if (value.is_array() && !std::all_of(value.begin(), value.end(), is_plain)) {
        for (std::size_t at = 0; at < value.size(); ++at)
            flatten(fields, prefix + std::to_string(at), value[at]);
    } else if (value.is_structured()) {
        std::string text;
        for (const Json& item : value)
            text += (text.empty() ? "" : ", ") + plain_text(item);
        fields.emplace_back(name, text.empty() ? "-" : text);
    } else {
        fields.emplace_back(name, plain_text(value));
    }
}

}  // namespace

std::string render_stats(const Json& data) {
    Fields fields;
    flatten(fields, "", data);
    Table table({{"NAME"}, {"VALUE", Align::left, 120}});
    for (auto& [name, value] : fields)
        table.add({name, value});
    return table.text();
}

}  // namespace edgeroll::cli
