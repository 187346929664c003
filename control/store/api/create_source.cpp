#include "control/store/api/create_source.hpp"

#include <string>
#include <utility>

#include "control/store/rows/columns.hpp"

namespace edgeroll::control {

namespace {

struct SourceRow {
    CreateSource source;  ///< nodes not filled in
    std::string status;
    bool is_rollback = false, has_known_type = false;
};

Columns<SourceRow> source_columns() {
    return {
        {"version", into<&SourceRow::source, &CreateSource::version>},
        {"type",
         [](SourceRow& row, const Field& field) {
             const auto type = release::from_text<release::TaskType>(field.text());
             row.has_known_type = type.has_value();
             if (type) row.source.type = *type;
         }},
        {"status", into<&SourceRow::status>},
        {"batch_config", into<&SourceRow::source, &CreateSource::batch_config>},
        {"content_sha256", into<&SourceRow::source, &CreateSource::content_sha256>},
        {"rolls_back", presence_into<&SourceRow::is_rollback>},
    };
}

}  // namespace

std::optional<CreateSource> read_source(Connection& connection, const NewRelease& request) {
    if (!request.from_release) return std::nullopt;
    const std::string name = "release " + std::to_string(request.from_release->value);
    auto found = select_row(connection, source_columns(), "FROM release_tasks WHERE id = ?",
                            {request.from_release->value});
    if (!found) refuse(release::code::not_found, "there is no " + name);
    const std::string& status = found->status;
    if (status != "cancelled" && status != "failed") {
        refuse(release::code::wrong_state,
               name + " is " + status + ": only from a cancelled or failed one can another go on");
    }
    if (found->is_rollback) {
        refuse(release::code::wrong_state,
               name + " is a rollback, whose nodes have contents of their own: retry it instead");
    }
    if (!found->has_known_type) {
        refuse(release::code::wrong_state, name + " has a type that is not known");
    }
    CreateSource& source = found->source;
    source.id = *request.from_release;
    for (const Row& node :
         connection.query("SELECT node_id FROM release_task_nodes WHERE release_task_id = ? AND "
                          "status <> 'success' ORDER BY node_id",
                          {source.id.value})) {
        source.nodes.push_back(release::NodeId{node.integer_or(0, 0)});
    }
    if (source.nodes.empty()) {
        refuse(release::code::wrong_state, "every node of " + name + " succeeded: nothing is left");
    }
    return std::move(source);
}

}  // namespace edgeroll::control
