#include "control/store/fleet/drift.hpp"

#include <set>

#include "control/store/fleet/wanted.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "release/wire/template.hpp"
#include "release/words.hpp"

namespace edgeroll::control {
namespace {

std::set<std::int64_t> unfinished_versions(Connection& connection) {
    std::set<std::int64_t> versions;
    for (const Row& row :
         connection.query("SELECT version FROM release_tasks WHERE " + is_unfinished())) {
        versions.insert(row.integer_or(0, 0));
    }
    return versions;
}

bool is_one_of(const std::set<std::int64_t>& versions,
               const std::optional<release::Version>& version) {
    return version && versions.contains(version->value);
}

/// Of the wanted content, as they are now; empty where there is nothing to compare them with.
std::string facts_now(Connection& connection, TemplateBook& templates, const FleetMember& member) {
    const bool has_facts = !member.observed.facts_sha256.empty();
    if (!has_facts || member.observed.sha256 != member.wanted->sha256) return {};
    const auto names = templates.names(connection, member.wanted->sha256);
    const release::FleetNode& node = member.node;
    return release::wire::facts_digest(names, node.name, node.ip, node.labels);
}

}  // namespace

void add_drift(Connection& connection, TemplateBook& templates, std::vector<FleetMember>& members) {
    add_wanted(connection, members);
    const std::set<std::int64_t> unfinished = unfinished_versions(connection);
    for (FleetMember& member : members) {
        if (!member.wanted) continue;
        member.drift = release::drift_of(
            member.wanted->sha256, {member.applied_version, member.applied_sha256, member.observed,
                                    facts_now(connection, templates, member)});
        // An unfinished release has put its own content there, or is about to say so.
        const bool is_being_released = is_one_of(unfinished, member.applied_version) ||
                                       is_one_of(unfinished, member.observed.version);
        if (member.drift == release::DriftKind::behind && is_being_released) {
            member.drift = release::DriftKind::none;
        }
    }
}

std::map<std::string, std::int64_t> count_drifting(Connection& connection,
                                                   TemplateBook& templates) {
    std::vector<FleetMember> members =
        select_rows(connection, fleet_member_columns(), "FROM nodes");
    add_drift(connection, templates, members);
    std::map<std::string, std::int64_t> counts;
    for (const release::DriftKind kind : release::enum_values<release::DriftKind>) {
        if (kind != release::DriftKind::none) counts[std::string(to_text(kind))] = 0;
    }
    for (const FleetMember& member : members) {
        if (member.drift != release::DriftKind::none) ++counts[std::string(to_text(member.drift))];
    }
    return counts;
}

}  // namespace edgeroll::control
