#include "control/store/node_facts.hpp"

#include <algorithm>
#include <utility>

#include "control/store/column_text.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {

release::Labels read_labels(const std::string& json_text) {
    release::Labels labels;
    if (json_text.empty()) return labels;
    const auto object = release::wire::parse_json(json_text, text_bytes_max);
    if (!object || !object->is_object()) return labels;
    for (const auto& [name, value] : object->items()) {
        if (value.is_string()) labels.emplace_back(name, value.get<std::string>());
    }
    std::sort(labels.begin(), labels.end());
    return labels;
}

std::string write_labels(const release::Labels& labels) {
    release::wire::Json object = release::wire::Json::object();
    for (const auto& [name, value] : labels)
        object[name] = value;
    return release::wire::dump_json(object);
}

std::string normal_fingerprint(std::string text) {
    std::erase_if(text, [](char c) { return c == ':' || c == ' '; });
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

std::vector<release::FleetNode> read_fleet(Connection& connection) {
    const Rows rows = connection.query(
        "SELECT id, labels, name, main_ip FROM nodes WHERE enabled = 1 AND status = 'online' ORDER "
        "BY id");
    std::vector<release::FleetNode> fleet;
    fleet.reserve(rows.size());
    for (const Row& row : rows) {
        release::FleetNode node;
        node.id = release::NodeId{row.integer_or(0, 0)};
        node.labels = read_labels(row.text(1));
        node.name = row.text(2);
        node.ip = row.text(3);
        fleet.push_back(std::move(node));
    }
    return fleet;
}

}  // namespace edgeroll::control
