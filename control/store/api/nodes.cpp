#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "control/core/node_address.hpp"
#include "control/store/api/inventory.hpp"
#include "control/store/audit/audit_log.hpp"
#include "control/store/fleet/drift.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/observed_columns.hpp"
#include "control/store/rows/version_range.hpp"
#include "release/text/digits.hpp"
#include "release/text/utf8.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t ip_bytes_max = 64;
constexpr int default_port = 8443;  // default of the column
constexpr std::size_t labels_bytes_max = text_bytes_max;

Columns<NodeView> node_columns(const Dialect& dialect) {
    return Columns<NodeView>{
        {"id", into<&NodeView::id>},
        {"name", into<&NodeView::name>},
        {"main_ip", into<&NodeView::main_ip>},
        {"status", into<&NodeView::status>},
        {"cert_fingerprint", into<&NodeView::cert_fingerprint>},
        {"agent_port", into<&NodeView::agent_port>},
        {"enabled", into<&NodeView::is_enabled>},
        {"labels",
         [](NodeView& node, const Field& field) { node.labels = read_labels(field.text()); }},
        {"applied_version", possible_version_into<&NodeView::applied_version>},
        {"applied_sha256", into<&NodeView::applied_sha256>},
        {dialect.rfc3339("last_seen_at"), into<&NodeView::last_seen_at>},
        {"evidence",
         [](NodeView& node, const Field& field) {
             if (!field.is_null()) node.evidence = field.text();
         }},
        {dialect.rfc3339("created_at"), into<&NodeView::created_at>},
        {dialect.rfc3339("updated_at"), into<&NodeView::updated_at>},
        {dialect.rfc3339("offline_since"), into<&NodeView::offline_since>},
    }
        .with(observed_columns<&NodeView::observed>());
}

/// What the nodes should have, and whether they have it.
void judge(Connection& connection, TemplateBook& templates, std::vector<NodeView>& nodes) {
    std::vector<FleetMember> members;
    members.reserve(nodes.size());
    for (const NodeView& node : nodes) {
        FleetMember member;
        member.node = {node.id, node.labels, node.name, address_or_text(node.main_ip)};
        member.is_enabled = node.is_enabled;
        member.applied_version = node.applied_version;
        member.applied_sha256 = node.applied_sha256;
        member.observed = node.observed;
        members.push_back(std::move(member));
    }
    add_drift(connection, templates, members);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (members[i].wanted) {
            nodes[i].wanted_version = members[i].wanted->version;
            nodes[i].wanted_sha256 = members[i].wanted->sha256;
        }
        nodes[i].drift = members[i].drift;
    }
}

/// Includes the wanted content.
/// @param where selects one existing node
NodeView read_node(Connection& connection, TemplateBook& templates, const std::string& where,
                   const Values& values) {
    std::vector<NodeView> one = select_rows(connection, node_columns(connection.dialect()),
                                            "FROM nodes WHERE " + where, values);
    judge(connection, templates, one);
    return std::move(one.at(0));
}

void check_word(const std::optional<std::string>& text, const char* field, std::size_t bytes_max) {
    if (!text) return;
    if (text->empty() || text->size() > bytes_max || fitted(*text) != *text ||
        release::has_control_character(*text)) {
        refuse(release::code::invalid, std::string(field) + " must be 1 to " +
                                           std::to_string(bytes_max) +
                                           " bytes of UTF-8 without control characters");
    }
}

void check(const NodeChangeRequest& node) {
    check_word(node.name, "name", word_bytes_max);
    check_word(node.main_ip, "main_ip", ip_bytes_max);
    if (node.status && *node.status != "online" && *node.status != "offline" &&
        *node.status != "maintenance") {
        refuse(release::code::invalid, "status must be online, offline or maintenance");
    }
    if (node.agent_port && (*node.agent_port < 1 || *node.agent_port > 65535)) {
        refuse(release::code::invalid, "agent_port must be 1 to 65535");
    }
    if (node.cert_fingerprint && !node.cert_fingerprint->empty() &&
        !release::is_sha256_hex(normal_fingerprint(*node.cert_fingerprint))) {
        refuse(release::code::invalid,
               "cert_fingerprint must be a SHA-256: 64 hexadecimal digits, colons allowed");
    }
    if (node.labels && write_labels(*node.labels).size() > labels_bytes_max) {
        refuse(release::code::invalid, "labels are too long");
    }
}

/// Column names with their values, in a fixed order.
std::vector<std::pair<const char*, Value>> columns_of(const NodeChangeRequest& node) {
    std::vector<std::pair<const char*, Value>> columns;
    if (node.name) columns.emplace_back("name", *node.name);
    if (node.main_ip) columns.emplace_back("main_ip", *node.main_ip);
    if (node.status) {
        columns.emplace_back("status", *node.status);
        columns.emplace_back("offline_since", Value{});  // the caller's word now, not a heartbeat's
    }
    if (node.cert_fingerprint) {
        columns.emplace_back("cert_fingerprint",
                             null_if_empty(normal_fingerprint(*node.cert_fingerprint)));
    }
    if (node.agent_port) columns.emplace_back("agent_port", std::int64_t{*node.agent_port});
    if (node.is_enabled) columns.emplace_back("enabled", std::int64_t{*node.is_enabled ? 1 : 0});
    if (node.labels) columns.emplace_back("labels", write_labels(*node.labels));
    return columns;
}

/// First statement of a transaction that gives a node an address: a concurrent second transaction
/// waits here for the first commit, and then sees its row (on a cluster it is repeated).
void take_address_turn(Connection& connection) {
    const char* const again = connection.dialect().is_mysql() ? "ON DUPLICATE KEY UPDATE"
                                                              : "ON CONFLICT(name) DO UPDATE SET";
    connection.execute(std::string("INSERT INTO counters (name, value) VALUES (?, 1) ") + again +
                           " value = value + 1",
                       {std::string("node_addresses")});
}

/// Two nodes with one address would be one agent with two tasks. Rows inserted by SQL may spell an
/// IPv6 address in several ways, so those are compared here.
/// @param id the node itself; 0: a new node
void refuse_shared(Connection& connection, release::NodeId id, const std::string& main_ip,
                   int port) {
    const std::string wanted = address_or_text(main_ip);
    struct Other {
        std::string id, name, main_ip;
    };
    const Columns<Other> columns{
        {"id", into<&Other::id>}, {"name", into<&Other::name>}, {"main_ip", into<&Other::main_ip>}};
    for (const Other& other : select_rows(connection, columns,
                                          "FROM nodes WHERE agent_port = ? AND id <> ? AND "
                                          "(TRIM(main_ip) = ? OR main_ip LIKE '%:%') ORDER BY id",
                                          {std::int64_t{port}, id.value, wanted})) {
        if (address_or_text(other.main_ip) != wanted && other.main_ip != wanted) continue;
        refuse(release::code::exists,
               "node '" + fitted(other.name, word_bytes_max) + "' (id " + other.id + ") is at " +
                   host_and_port(wanted, port) +
                   " already, and one agent cannot be two nodes: change that one, or give another "
                   "address or port");
    }
}

using release::wire::Json;

/// A node as audit details show it: the settable fields, by column.
Json settable(const NodeView& node) {
    Json json = Json::object();
    json["name"] = audit_text(node.name);
    json["main_ip"] = audit_text(node.main_ip);
    json["status"] = audit_text(node.status);
    json["cert_fingerprint"] = audit_text(node.cert_fingerprint);
    json["agent_port"] = node.agent_port;
    json["enabled"] = node.is_enabled;
    json["labels"] = audit_text(write_labels(node.labels));
    return json;
}

void audit(Connection& connection, const Asker& by, const char* action, const NodeView& node,
           Json detail) {
    AuditDeed deed;
    deed.action = action;
    deed.object = "node:" + std::to_string(node.id.value);
    deed.detail = std::move(detail);
    append_audit(connection, by, deed);
}

/// The name, and the old and new value of each changed column.
Json difference(const NodeView& before, const NodeView& after) {
    const Json was = settable(before), is = settable(after);
    Json detail = Json::object();
    detail["node"] = is.at("name");
    for (const auto& [column, value] : is.items()) {
        if (was.at(column) != value) detail[column] = {{"was", was.at(column)}, {"is", value}};
    }
    return detail;
}

[[noreturn]] void refuse_name(const NodeChangeRequest& node) {
    refuse(release::code::exists, "a node named '" + node.name.value_or("") + "' exists");
}

}  // namespace

std::vector<NodeView> list_nodes(Connection& connection, TemplateBook& templates) {
    Transaction transaction(connection, Transaction::Kind::read);
    std::vector<NodeView> nodes =
        select_rows(connection, node_columns(connection.dialect()), "FROM nodes ORDER BY id");
    judge(connection, templates, nodes);
    transaction.commit();
    return nodes;
}

NodeView insert_node(Connection& connection, TemplateBook& templates,
                     const NodeChangeRequest& node) {
    if (!node.name) refuse(release::code::invalid, "name is missing");
    if (!node.main_ip) refuse(release::code::invalid, "main_ip is missing");
    check(node);
    std::string names;
    Values values;
    for (auto& [column, value] : columns_of(node)) {
        names += (names.empty() ? "" : ", ") + std::string(column);
        values.push_back(std::move(value));
    }
    try {
        Transaction transaction(connection, Transaction::Kind::write);
        take_address_turn(connection);
        refuse_shared(connection, release::NodeId{}, *node.main_ip,
                      node.agent_port.value_or(default_port));
        connection.execute(
            "INSERT INTO nodes (" + names + ") VALUES (" + placeholders(values.size()) + ")",
            values);
        NodeView view = read_node(connection, templates, "name = ?", {*node.name});
        audit(connection, node.by, "node.add", view, settable(view));
        transaction.commit();
        return view;
    } catch (const DbFailure& failure) {
        if (!failure.is_duplicate) throw;
        refuse_name(node);
    }
}

NodeView update_node(Connection& connection, TemplateBook& templates, release::NodeId id,
                     const NodeChangeRequest& change) {
    check(change);
    std::string assignments = "updated_at = " + connection.dialect().now();
    Values values;
    for (auto& [column, value] : columns_of(change)) {
        assignments += ", " + std::string(column) + " = ?";
        values.push_back(std::move(value));
    }
    values.emplace_back(id.value);
    try {
        Transaction transaction(connection, Transaction::Kind::write);
        const bool moves = change.main_ip || change.agent_port;
        if (moves) take_address_turn(connection);
        const auto before = select_row(
            connection, node_columns(connection.dialect()),
            std::string("FROM nodes WHERE id = ?") + connection.dialect().for_update(), {id.value});
        if (!before) {
            refuse(release::code::not_found, "there is no node " + std::to_string(id.value));
        }
        connection.execute("UPDATE nodes SET " + assignments + " WHERE id = ?", values);
        NodeView view = read_node(connection, templates, "id = ?", {id.value});
        if (moves) refuse_shared(connection, id, view.main_ip, view.agent_port);
        audit(connection, change.by, "node.change", view, difference(*before, view));
        transaction.commit();
        return view;
    } catch (const DbFailure& failure) {
        if (!failure.is_duplicate) throw;
        refuse_name(change);
    }
}

}  // namespace edgeroll::control
