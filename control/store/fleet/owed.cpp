#include "control/store/fleet/owed.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "control/store/fleet/drift.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"
#include "control/store/steering/obstacles.hpp"
#include "release/windows.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/batch_config.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;
using release::NodeId;
using release::OwedNode;
using release::OwedRelease;
using release::ReleaseId;

constexpr Millis a_minute{60'000}, an_hour{3'600'000}, a_day{86'400'000};

/// What the newest success left everywhere needs no second look. (Facts are compared node by node.)
std::string is_plain(std::int64_t newest_version) {
    // Never NULL: such a row would be neither plain nor suspect.
    return "(observed_content = 'whole' AND COALESCE(observed_sha256 = applied_sha256, 0) = 1 AND "
           "observed_facts_sha256 IS NULL AND COALESCE(applied_version, 0) = " +
           std::to_string(newest_version) + ")";
}

std::int64_t newest_success(Connection& connection) {
    const Rows rows = connection.query(
        "SELECT version FROM release_tasks WHERE type = 'apply_config' AND status = 'success' "
        "ORDER BY version DESC LIMIT 1");
    return rows.empty() ? 0 : rows[0].integer_or(0, 0);
}

std::vector<FleetMember> read_suspects(Connection& connection, std::optional<NodeId> cursor,
                                       std::optional<int> nodes_max) {
    return select_rows(connection, fleet_member_columns(),
                       "FROM nodes WHERE id > ? AND enabled = 1 AND status = 'online' AND "
                       "observed_content IS NOT NULL AND NOT " +
                           is_plain(newest_success(connection)) + " ORDER BY id" +
                           (nodes_max ? " LIMIT " + std::to_string(*nodes_max) : ""),
                       {cursor.value_or(NodeId{}).value});
}

/// By what is known of the node, an agent would take its wanted content.
bool is_reached(const FleetMember& member) {
    const release::HeldContent held =
        held_content({member.applied_version, member.applied_sha256}, member.observed);
    return is_within_reach(member.wanted->release_version, member.drift, held);
}

bool can_repair(const FleetMember& member) {
    return release::wire::has_capability(member.observed.capabilities, release::wire::repairs);
}

release::Address address_of(const FleetMember& member) {
    return {member.node.name, member.node.ip, member.agent_port, member.fingerprint,
            member.node.labels};
}

/// A node's row in the release that it is owed.
struct Standing {
    release::OwedRow row;
    int batch = 0;
};

std::optional<Standing> standing_of(Connection& connection, ReleaseId id, NodeId node) {
    const Columns<Standing> columns{
        {"r.status",
         [](Standing& to, const Field& field) {
             to.row.status = release::from_text<release::NodeStatus>(field.text())
                                 .value_or(release::NodeStatus::cancelled);
         }},
        {"r.batch", into<&Standing::batch>},
        {"CASE WHEN r.reason_kind IN ('disabled', 'maintenance') THEN 1 ELSE 0 END",
         [](Standing& to, const Field& field) { to.row.was_out_of_service = field.is_set(); }},
        {"(SELECT CASE WHEN k.continued_at IS NOT NULL THEN k.cause END FROM reconcile_nodes k "
         "WHERE k.node_id = r.node_id AND k.release_task_id = r.release_task_id ORDER BY k.id DESC "
         "LIMIT 1)",
         [](Standing& to, const Field& field) {
             to.row.tried_again = release::from_text<release::OwedCause>(field.text());
         }},
    };
    return select_row(connection, columns,
                      "FROM release_task_nodes r WHERE r.release_task_id = ? AND r.node_id = ?",
                      {id.value, node.value});
}

/// Of a member with a wanted content.
std::optional<release::OwedCause> owed_cause(Connection& connection, const FleetMember& member) {
    std::optional<release::OwedRow> row;
    if (member.wanted->row) {
        const auto standing = standing_of(connection, member.wanted->release, member.node.id);
        if (!standing) return std::nullopt;
        row = standing->row;
    }
    // Without heartbeats nobody knows what it has.
    if (row && row->status == release::NodeStatus::deferred) return release::OwedCause::deferred;
    const bool is_seen = member.is_online &&
                         member.observed.content != release::ObservedContent::none &&
                         can_repair(member);
    return is_seen ? cause_of(member.drift, row) : std::nullopt;
}

struct Header {
    release::Version version;
    bool is_ended = false;
    bool is_undone = false;  ///< a release rolls it back
    std::string content_sha256, batch_config;
    std::int64_t utc_ms = 0;
};

/// With a missing or changed content the release would end as failed.
bool has_its_content(Connection& connection, ReleaseId id) {
    return !connection
                .query(
                    "SELECT 1 FROM release_tasks t WHERE t.id = ? AND CASE WHEN t.content_sha256 = "
                    "'mixed' THEN NOT EXISTS (SELECT 1 FROM release_task_nodes r LEFT JOIN "
                    "config_versions c ON c.version = COALESCE(r.config_version, t.version) WHERE "
                    "r.release_task_id = t.id AND c.version IS NULL) ELSE EXISTS (SELECT 1 FROM "
                    "config_versions c WHERE c.version = t.version AND (c.sha256 IS NULL OR "
                    "LOWER(c.sha256) = t.content_sha256)) END",
                    {id.value})
                .empty();
}

OwedRelease release_of(Connection& connection, ReleaseId id) {
    OwedRelease owed;
    owed.id = id;
    const Columns<Header> columns{
        {"version", into<&Header::version>},
        {"CASE WHEN " + has_no_end() + " THEN 0 ELSE 1 END", into<&Header::is_ended>},
        {"CASE WHEN EXISTS (SELECT 1 FROM release_tasks undoing WHERE undoing.rolls_back = "
         "release_tasks.id) THEN 1 ELSE 0 END",
         into<&Header::is_undone>},
        {"content_sha256", into<&Header::content_sha256>},
        {"batch_config", into<&Header::batch_config>},
        {connection.dialect().utc_ms(), into<&Header::utc_ms>},
    };
    const auto header =
        select_row(connection, columns, "FROM release_tasks WHERE id = ?", {id.value});
    if (!header) return owed;
    owed.version = header->version;
    owed.is_under_way = !header->is_ended;
    owed.is_banned = header->is_undone ||
                     is_content_banned(connection, id, header->version, header->content_sha256);
    owed.has_content = has_its_content(connection, id);
    if (const auto other = find_overtaking(connection, id, header->version)) {
        owed.waits_for = other->release;
    } else {
        owed.waits_for = find_earlier(connection, id, header->version);
    }
    const auto policy = release::wire::parse_batch_config(
        header->batch_config.empty() ? "{}" : header->batch_config);
    if (policy) owed.until_window = until_open(policy->windows, header->utc_ms);
    owed.is_proven = is_proven_of_late(connection, id);
    return owed;
}

}  // namespace

OwedNodes find_owed(Connection& connection, TemplateBook& templates, std::optional<NodeId> cursor,
                    std::optional<int> nodes_max) {
    OwedNodes owed;
    owed.pace = read_pace(connection);
    std::vector<FleetMember> members = read_suspects(connection, cursor, nodes_max);
    add_drift(connection, templates, members);
    std::map<ReleaseId, std::vector<OwedNode>> by_release;
    for (const FleetMember& member : members) {
        if (!member.wanted || member.drift == release::DriftKind::none) continue;
        if (!is_reached(member)) continue;
        const auto standing = member.wanted->row
                                  ? standing_of(connection, member.wanted->release, member.node.id)
                                  : std::nullopt;
        std::optional<release::OwedRow> row;
        if (standing) row = standing->row;
        const auto cause = release::cause_of(member.drift, row);
        if (!cause) continue;
        OwedNode node;
        node.node = member.node.id;
        node.name = member.node.name;
        node.cause = *cause;
        node.batch = standing ? standing->batch : 0;
        node.can_repair = can_repair(member);
        node.is_held = find_holder(connection, node.node, member.wanted->release).has_value();
        by_release[member.wanted->release].push_back(std::move(node));
        owed.addresses.emplace_back(member.node.id, address_of(member));
    }
    for (auto& [id, nodes] : by_release) {
        add_past(connection, nodes);
        OwedRelease release = release_of(connection, id);
        std::ranges::sort(nodes, {},
                          [](const OwedNode& node) { return std::pair(node.batch, node.node); });
        release.nodes = std::move(nodes);
        owed.releases.push_back(std::move(release));
    }
    const bool has_more =
        nodes_max && members.size() == static_cast<std::size_t>(std::max(*nodes_max, 0));
    if (has_more && !members.empty()) owed.reached = members.back().node.id;
    return owed;
}

void keep_owed(Connection& connection, TemplateBook& templates,
               const release::ReconcileRules& rules, ReleaseId id, std::vector<OwedNode>& nodes) {
    if (nodes.empty()) return;
    Values ids;
    for (const OwedNode& node : nodes)
        ids.emplace_back(node.node.value);
    // A deferred node may be one that heartbeats, or somebody, call offline: it has answered.
    std::vector<FleetMember> members =
        select_rows(connection, fleet_member_columns(),
                    "FROM nodes WHERE enabled = 1 AND status <> 'maintenance' AND id IN (" +
                        placeholders(ids.size()) + ") ORDER BY id",
                    ids);
    add_drift(connection, templates, members);
    add_past(connection, nodes);
    std::erase_if(nodes, [&](const OwedNode& node) {
        if (node.is_open || reconcile_pause(node) > Millis{0}) return true;
        const auto member = std::ranges::find(members, node.node,
                                              [](const FleetMember& one) { return one.node.id; });
        if (member == members.end() || !member->wanted || member->wanted->release != id) {
            return true;
        }
        return !is_reached(*member) || owed_cause(connection, *member) != node.cause ||
               !serves(rules.mode, node.cause);
    });
}

release::ReconcilePace read_pace(Connection& connection) {
    const Dialect& dialect = connection.dialect();
    release::ReconcilePace pace;
    const Rows open =
        connection.query("SELECT COUNT(*) FROM reconcile_nodes WHERE ended_at IS NULL");
    pace.open = open.at(0).small(0);
    // Not what a clock that was ahead has dated.
    const Rows taken =
        connection.query("SELECT COUNT(*), MAX(" + dialect.age_ms("taken_at") +
                         ") FROM reconcile_nodes WHERE taken_at > " + dialect.now_plus(-a_minute) +
                         " AND taken_at <= " + dialect.now());
    pace.taken = taken.at(0).small(0);
    const Millis oldest{taken.at(0).integer_or(1, 0)};
    if (pace.taken > 0) pace.until_less = std::clamp(a_minute - oldest, Millis{0}, a_minute);
    // The failures since the last success, by the order in which they were taken up.
    pace.failures = static_cast<int>(
        connection
            .query("SELECT id FROM reconcile_nodes WHERE outcome = 'failed' AND continued_at IS "
                   "NULL AND id > COALESCE((SELECT MAX(id) FROM reconcile_nodes WHERE outcome = "
                   "'success' AND continued_at IS NULL), 0) ORDER BY id DESC LIMIT " +
                   std::to_string(release::reconcile_failures_max))
            .size());
    return pace;
}

bool is_proven_of_late(Connection& connection, ReleaseId id) {
    const Rows rows = connection.query(
        "SELECT outcome FROM reconcile_nodes WHERE release_task_id = ? AND outcome IN ('success', "
        "'failed') AND ended_at > " +
            connection.dialect().now_plus(-an_hour) + " ORDER BY id DESC LIMIT 1",
        {id.value});
    return !rows.empty() && rows[0].text(0) == "success";
}

void add_past(Connection& connection, std::vector<OwedNode>& nodes) {
    enum Kind : std::int64_t { put_off, has_end, open };
    struct Past {
        std::int64_t kind = put_off;
        int count = 0;
        Millis since{0};
    };
    const Dialect& dialect = connection.dialect();
    // One statement, so that a node is never between being served and having been served.
    const Columns<Past> columns{
        {"CASE WHEN ended_at IS NULL THEN 2 WHEN outcome IN ('success', 'failed') THEN 1 ELSE 0 "
         "END AS kind",
         into<&Past::kind>},
        {"COUNT(*)", into<&Past::count>},
        {"MIN(" + dialect.age_ms("ended_at") + ")",
         [](Past& past, const Field& field) {
             past.since = Millis{std::max<std::int64_t>(field.integer_or(0), 0)};
         }},
    };
    for (OwedNode& node : nodes) {
        node.ended = node.put_off = 0;
        node.is_open = false;
        for (const Past& past :
             select_rows(connection, columns,
                         "FROM reconcile_nodes WHERE node_id = ? AND (ended_at IS NULL OR "
                         "(continued_at IS NULL AND ended_at > " +
                             dialect.now_plus(-a_day) + ")) GROUP BY kind",
                         {node.node.value})) {
            if (past.kind == open) {
                node.is_open = true;
            } else {
                (past.kind == has_end ? node.ended : node.put_off) = past.count;
                (past.kind == has_end ? node.since_ended : node.since_put_off) = past.since;
            }
        }
    }
}

}  // namespace edgeroll::control
