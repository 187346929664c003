#include "control/store/rows/node_facts.hpp"

#include <algorithm>
#include <utility>

#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
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

/// A node that heartbeats marked is planned for: it is owed the content, and a release that cannot
/// reach it says so (docs/contract.md 6.12).
constexpr const char* is_fit =
    "enabled = 1 AND (status = 'online' OR (status = 'offline' AND offline_since IS NOT NULL))";

Columns<release::FleetNode> fleet_columns() {
    using release::FleetNode;
    return {
        {"id", into<&FleetNode::id>},
        {"labels",
         [](FleetNode& node, const Field& field) { node.labels = read_labels(field.text()); }},
        {"name", into<&FleetNode::name>},
        {"main_ip", into<&FleetNode::ip>},
    };
}

struct UnfitRow {
    release::FleetNode node;
    bool is_enabled = false;
    std::string status;
};

Columns<UnfitRow> unfit_columns() {
    using release::FleetNode;
    return {
        {"id", into<&UnfitRow::node, &FleetNode::id>},
        {"labels",
         [](UnfitRow& row, const Field& field) { row.node.labels = read_labels(field.text()); }},
        {"name", into<&UnfitRow::node, &FleetNode::name>},
        {"main_ip", into<&UnfitRow::node, &FleetNode::ip>},
        {"enabled",
         [](UnfitRow& row, const Field& field) { row.is_enabled = field.integer_or(0) == 1; }},
        {"status", into<&UnfitRow::status>},
    };
}

std::string why_unfit(bool is_enabled, const std::string& status) {
    if (!is_enabled) return "disabled";
    if (status == "maintenance") return "in maintenance";
    if (status == "offline") return "offline";
    return "its status is '" + fitted(status, 64) + "', not online";
}

}  // namespace

std::vector<release::FleetNode> read_fleet(Connection& connection) {
    return select_rows(connection, fleet_columns(),
                       "FROM nodes WHERE " + std::string(is_fit) + " ORDER BY id");
}

std::vector<release::UnfitNode> read_unfit_nodes(Connection& connection) {
    std::vector<UnfitRow> rows =
        select_rows(connection, unfit_columns(),
                    "FROM nodes WHERE NOT (" + std::string(is_fit) + ") ORDER BY id");
    std::vector<release::UnfitNode> unfit;
    unfit.reserve(rows.size());
    for (UnfitRow& row : rows)
        unfit.push_back({std::move(row.node), why_unfit(row.is_enabled, row.status)});
    return unfit;
}

}  // namespace edgeroll::control
