#include "control/store/rows/node_facts.hpp"

#include <algorithm>
#include <utility>

#include "control/store/rows/column_text.hpp"
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

namespace {

constexpr const char* is_fit = "enabled = 1 AND status = 'online'";

/// Columns id, labels, name, main_ip.
release::FleetNode fleet_node(const Row& row) {
    release::FleetNode node;
    node.id = release::NodeId{row.integer_or(0, 0)};
    node.labels = read_labels(row.text(1));
    node.name = row.text(2);
    node.ip = row.text(3);
    return node;
}

std::string why_unfit(bool is_enabled, const std::string& status) {
    if (!is_enabled) return "disabled";
    if (status == "maintenance") return "in maintenance";
    if (status == "offline") return "offline";
    return "its status is '" + fitted(status, 64) + "', not online";
}

}  // namespace

std::vector<release::FleetNode> read_fleet(Connection& connection) {
    const Rows rows = connection.query("SELECT id, labels, name, main_ip FROM nodes WHERE " +
                                       std::string(is_fit) + " ORDER BY id");
    std::vector<release::FleetNode> fleet;
    fleet.reserve(rows.size());
    for (const Row& row : rows)
        fleet.push_back(fleet_node(row));
    return fleet;
}

std::vector<release::UnfitNode> read_unfit_nodes(Connection& connection) {
    const Rows rows = connection.query(
        "SELECT id, labels, name, main_ip, enabled, status FROM nodes WHERE NOT (" +
        std::string(is_fit) + ") ORDER BY id");
    std::vector<release::UnfitNode> unfit;
    unfit.reserve(rows.size());
    for (const Row& row : rows) {
        unfit.push_back({fleet_node(row), why_unfit(row.integer_or(4, 0) == 1, row.text(5))});
    }
    return unfit;
}

}  // namespace edgeroll::control
