// A node, as far as what it should have and what it has depend on it.
#pragma once

#include <optional>
#include <string>

#include "control/core/node_address.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/observed_columns.hpp"
#include "control/store/rows/version_range.hpp"
#include "release/fleet/drift.hpp"
#include "release/fleet/observation.hpp"
#include "release/model.hpp"

namespace edgeroll::control {

/// The content of the newest success that was meant for a node.
struct WantedContent {
    release::ReleaseId release;
    release::Version version;          ///< of the content; of a rollback: the former release's
    release::Version release_version;  ///< by which agents know it
    std::string sha256;
    /// The node's row there; nothing: it has none, and would be planned for today.
    std::optional<release::NodeStatus> row{};
};

struct FleetMember {
    release::FleetNode node;
    int agent_port = 8443;
    std::string fingerprint;  ///< as Address::fingerprint
    bool is_enabled = true;
    bool is_online = true;  ///< `status`
    std::optional<release::Version> applied_version;
    std::string applied_sha256;
    release::Observation observed;
    // Filled in by add_wanted() and add_drift().
    std::optional<WantedContent> wanted;
    release::DriftKind drift = release::DriftKind::none;
};

/// Of `nodes`, without a prefix.
[[nodiscard]] inline Columns<FleetMember> fleet_member_columns() {
    using release::FleetNode;
    constexpr auto node = &FleetMember::node;
    return Columns<FleetMember>{
        {"id", into<node, &FleetNode::id>},
        {"name", into<node, &FleetNode::name>},
        {"main_ip", [](FleetMember& member,
                       const Field& field) { member.node.ip = address_or_text(field.text()); }},
        {"labels", [](FleetMember& member,
                      const Field& field) { member.node.labels = read_labels(field.text()); }},
        {"agent_port", into<&FleetMember::agent_port>},
        {"cert_fingerprint",
         [](FleetMember& member, const Field& field) {
             member.fingerprint = normal_fingerprint(field.text());
         }},
        {"enabled", into<&FleetMember::is_enabled>},
        {"CASE WHEN status = 'online' THEN 1 ELSE 0 END", into<&FleetMember::is_online>},
        {"applied_version", possible_version_into<&FleetMember::applied_version>},
        {"applied_sha256", into<&FleetMember::applied_sha256>},
    }
        .with(observed_columns<&FleetMember::observed>());
}

}  // namespace edgeroll::control
