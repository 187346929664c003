#include "control/store/api/create_source.hpp"

namespace edgeroll::control {

std::optional<CreateSource> read_source(Connection& connection, const NewRelease& request) {
    if (!request.from_release) return std::nullopt;
    const std::string name = "release " + std::to_string(request.from_release->value);
    const Rows found = connection.query(
        "SELECT version, type, status, batch_config, content_sha256, rolls_back FROM release_tasks "
        "WHERE id = ?",
        {request.from_release->value});
    if (found.empty()) refuse(release::code::not_found, "there is no " + name);
    const Row& row = found[0];
    const std::string status = row.text(2);
    if (status != "cancelled" && status != "failed") {
        refuse(release::code::wrong_state,
               name + " is " + status + ": only from a cancelled or failed one can another go on");
    }
    if (!row.is_null(5)) {
        refuse(release::code::wrong_state,
               name + " is a rollback, whose nodes have contents of their own: retry it instead");
    }
    CreateSource source;
    source.id = *request.from_release;
    source.version = release::Version{row.integer_or(0, 0)};
    const auto type = release::from_text<release::TaskType>(row.text(1));
    if (!type) refuse(release::code::wrong_state, name + " has a type that is not known");
    source.type = *type;
    source.batch_config = row.text(3);
    source.content_sha256 = row.text(4);
    for (const Row& node :
         connection.query("SELECT node_id FROM release_task_nodes WHERE release_task_id = ? AND "
                          "status <> 'success' ORDER BY node_id",
                          {source.id.value})) {
        source.nodes.push_back(release::NodeId{node.integer_or(0, 0)});
    }
    if (source.nodes.empty()) {
        refuse(release::code::wrong_state, "every node of " + name + " succeeded: nothing is left");
    }
    return source;
}

}  // namespace edgeroll::control
