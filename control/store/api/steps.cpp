#include "control/store/api/steps.hpp"

#include <map>
#include <string>
#include <utility>

#include "control/store/api/releases.hpp"

namespace edgeroll::control {
namespace {

/// Checked before anything is read: the outputs of a whole fleet may exceed memory.
void refuse_too_much(Connection& connection, release::ReleaseId id, const StepsWanted& wanted) {
    std::string sql =
        "SELECT COALESCE(SUM(LENGTH(steps)), 0) FROM release_task_nodes WHERE release_task_id = ?";
    Values values{id.value};
    if (wanted.node) {
        sql += " AND node_id = ?";
        values.emplace_back(wanted.node->value);
    }
    const std::int64_t bytes = connection.query(sql, values).at(0).integer_or(0, 0);
    if (bytes <= static_cast<std::int64_t>(release_steps_bytes_max)) return;
    const std::string cure = wanted.node ? "" : ": ask for one node with &node=<id or name>";
    refuse(release::code::invalid, "the steps are " + std::to_string(bytes) +
                                       " bytes, an answer holds at most " +
                                       std::to_string(release_steps_bytes_max) + cure);
}

}  // namespace

ReleaseView read_release_steps(Connection& connection, release::ReleaseId id,
                               const StepsWanted& wanted) {
    ReleaseView view = read_release_view(connection, id);
    StepsWanted found;
    if (!wanted.named.empty()) {
        for (const ReleaseNodeView& node : view.nodes) {
            const bool is_it =
                node.name == wanted.named || std::to_string(node.id.value) == wanted.named;
            // Names take precedence over numbers, since users see names.
            if (is_it && (!found.node || node.name == wanted.named)) found.node = node.id;
        }
        if (!found.node) {
            refuse(release::code::not_found,
                   "release " + std::to_string(id.value) + " has no node '" + wanted.named + "'");
        }
    }
    Transaction transaction(connection, Transaction::Kind::read);
    refuse_too_much(connection, id, found);
    std::string sql =
        "SELECT node_id, steps FROM release_task_nodes WHERE release_task_id = ? AND steps IS NOT "
        "NULL";
    Values values{id.value};
    if (found.node) {
        sql += " AND node_id = ?";
        values.emplace_back(found.node->value);
    }
    std::map<std::int64_t, std::string> steps;
    for (const Row& row : connection.query(sql, values))
        steps[row.integer_or(0, 0)] = row.text(1);
    transaction.commit();
    for (ReleaseNodeView& node : view.nodes) {
        if (const auto text = steps.find(node.id.value); text != steps.end()) {
            node.steps = std::move(text->second);
        }
    }
    view.shown_node = found.node;
    return view;
}

}  // namespace edgeroll::control
