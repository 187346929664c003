#include "control/store/steering/secret_contents.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "control/secrets/sealed_payload.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/content.hpp"

namespace edgeroll::control {
namespace {

std::set<std::int64_t> able_nodes(Connection& connection) {
    std::set<std::int64_t> able;
    for (const Row& row :
         connection.query("SELECT id, capabilities FROM nodes WHERE capabilities IS NOT NULL")) {
        if (release::wire::has_capability(row.text(1), release::wire::keeps_secrets)) {
            able.insert(row.integer_or(0, 0));
        }
    }
    return able;
}

/// Whether the version's content has secrets; refuses a content that cannot be opened.
bool has_secrets(Connection& connection, release::Version version, const SecretKeys* keys) {
    const Rows rows =
        connection.query("SELECT payload FROM config_versions WHERE version = ?", {version.value});
    const auto kind = rows.empty() ? release::Result<release::wire::ContentKind>()
                                   : release::wire::read_stored_content(rows[0].text(0));
    if (!kind || !kind->has_secrets) return false;
    const std::string why = why_not_sent(rows[0].text(0), keys);
    if (why.empty()) return true;
    refuse(release::code::wrong_state, "rollback is refused: the content of version " +
                                           std::to_string(version.value) +
                                           " cannot be used: " + why);
}

}  // namespace

std::vector<release::LeftOut> nodes_without_secrets(Connection& connection,
                                                    const CreatedRelease& created) {
    const std::set<std::int64_t> able = able_nodes(connection);
    std::vector<release::LeftOut> nodes;
    for (std::size_t at = 0; at < created.plan.size(); ++at) {
        const release::NodeId node = created.plan[at].node;
        if (able.contains(node.value)) continue;
        nodes.push_back({node, at < created.names.size() ? created.names[at] : "",
                         "the agent has not said that it can keep secret files: it is rejected "
                         "unless it was updated since"});
    }
    std::sort(nodes.begin(), nodes.end(),
              [](const auto& a, const auto& b) { return a.node < b.node; });
    return nodes;
}

void judge_secrets(Connection& connection, const SecretKeys* keys, RolledBack& done) {
    std::set<release::Version> secret;
    for (const auto& [version, digest] : done.digests) {
        if (has_secrets(connection, version, keys)) secret.insert(version);
    }
    if (secret.empty()) return;
    std::set<release::NodeId> getting;
    for (const release::PlannedNode& node : done.created.plan) {
        if (node.config_version && secret.contains(*node.config_version)) getting.insert(node.node);
    }
    auto without = nodes_without_secrets(connection, done.created);
    std::erase_if(without,
                  [&](const release::LeftOut& node) { return !getting.contains(node.node); });
    done.created.without_secrets = std::move(without);
}

}  // namespace edgeroll::control
