#include "tests/differential/picture.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace edgeroll::differential {
namespace {

std::string text(std::int64_t value) {
    return std::to_string(value);
}
std::string text(int value) {
    return std::to_string(value);
}
std::string text(bool value) {
    return value ? "1" : "0";
}
std::string text(std::string_view value) {
    return std::string(value);
}
template <class Tag>
std::string text(release::Id<Tag> id) {
    return std::to_string(id.value);
}
template <class T>
std::string text(const std::optional<T>& value) {
    return value ? text(*value) : std::string();
}

template <class T, class Write>
std::string list(const std::vector<T>& values, const Write& write) {
    std::string all;
    for (const T& value : values)
        all += (all.empty() ? "" : ", ") + write(value);
    return all;
}

std::string labels_text(const release::Labels& labels) {
    return list(labels, [](const auto& label) { return label.first + "=" + label.second; });
}

void add_node(Picture& picture, const release::NodeRow& row, std::size_t rank) {
    const std::string prefix = "node " + text(row.id) + " ";
    const auto add = [&](const char* name, std::string value) {
        picture.emplace_back(prefix + name, std::move(value));
    };
    add("rank of row_id", text(static_cast<std::int64_t>(rank)));
    add("batch", text(row.batch));
    add("status", text(to_text(row.status)));
    add("failure", text(to_text(row.failure)));
    add("attempt", text(row.attempt));
    add("ids_passed_over", text(row.ids_passed_over));
    add("task_id", row.task_id);
    add("reason", text(to_text(row.reason)));
    add("error", row.error);
    add("trouble", row.trouble);
    add("earlier_error", row.earlier_error);
    add("evidence", row.evidence);
    add("attempts_before", text(row.attempts_before));
    add("is_of_start", text(row.is_of_start));
    add("is_waived", text(row.is_waived));
    add("runs for long", text(row.running_for > counts_as_old));
    add("facts.exists", text(row.facts.exists));
    add("facts.is_enabled", text(row.facts.is_enabled));
    add("facts.is_in_maintenance", text(row.facts.is_in_maintenance));
    add("facts.applied_version", text(row.facts.applied_version));
    add("facts.applied_sha256", row.facts.applied_sha256);
    add("address.name", row.address.name);
    add("address.ip", row.address.ip);
    add("address.port", text(row.address.port));
    add("address.fingerprint", row.address.fingerprint);
    add("address.labels", labels_text(row.address.labels));
}

}  // namespace

Picture picture_of(const release::Snapshot& seen) {
    Picture picture;
    const auto add = [&](const char* name, std::string value) {
        picture.emplace_back(name, std::move(value));
    };
    add("id", text(seen.id));
    add("version", text(seen.version));
    add("order_id", seen.order_id);
    add("status", text(to_text(seen.status)));
    add("is_ended", text(seen.is_ended));
    add("batch_status", text(to_text(seen.batch_status)));
    add("requested", text(to_text(seen.requested)));
    add("current_batch", text(seen.current_batch));
    add("started_batch", text(seen.started_batch));
    add("part", seen.part ? text(seen.part->number) + ", lowest open " +
                                text(seen.part->lowest_open) + ", failed " + text(seen.part->failed)
                          : "");
    add("total_batches", text(seen.total_batches));
    add("total_nodes", text(seen.total_nodes));
    add("success_nodes", text(seen.success_nodes));
    add("failed_nodes", text(seen.failed_nodes));
    add("has_batch_config", text(seen.has_batch_config));
    add("limits.failure_threshold", text(seen.policy.limits.failure_threshold));
    add("limits.max_batch_fail_rate", text(seen.policy.limits.max_batch_fail_rate_percent));
    add("content_sha256", seen.content_sha256);
    add("hold", text(to_text(seen.hold)));
    add("has hold_until", text(seen.hold_left.has_value()));
    add("is_pause_marked", text(seen.is_pause_marked));
    add("batch_work_start", text(seen.batch_work_start.count()));
    add("waived_failures", text(seen.waived_failures));
    add("steer_seq", text(seen.steer_seq));
    add("has since_last_finish", text(seen.since_last_finish.has_value()));
    add("last_error", seen.last_error);
    add("has rows_unchanged_for", text(seen.rows_unchanged_for.has_value()));
    add("content.is_present", text(seen.content.is_present));
    add("content.sha256", seen.content.sha256);
    add("blockers", list(seen.blockers, [](release::Version v) { return text(v); }));
    add("problems", list(seen.problems, [](const std::string& problem) { return problem; }));
    add("fleet", list(seen.fleet, [](const release::FleetNode& node) {
            return text(node.id) + " {" + labels_text(node.labels) + "}";
        }));
    add("nodes in order",
        list(seen.nodes, [](const release::NodeRow& row) { return text(row.id); }));
    for (const release::NodeRow& row : seen.nodes) {
        const auto rank =
            std::count_if(seen.nodes.begin(), seen.nodes.end(),
                          [&](const release::NodeRow& other) { return other.row_id < row.row_id; });
        add_node(picture, row, static_cast<std::size_t>(rank));
    }
    return picture;
}

const std::vector<Column<test::ReleaseRow>>& release_columns() {
    using Row = test::ReleaseRow;
    static const std::vector<Column<Row>> columns{
        {"version", [](const Row& row) { return text(row.version); }},
        {"status", [](const Row& row) { return text(to_text(row.status)); }},
        {"batch_status", [](const Row& row) { return text(to_text(row.batch_status)); }},
        {"requested_action", [](const Row& row) { return text(to_text(row.requested)); }},
        {"current_batch", [](const Row& row) { return text(row.current_batch); }},
        {"started_batch", [](const Row& row) { return text(row.started_batch); }},
        {"started_batch_epoch", [](const Row& row) { return text(row.started_batch_epoch); }},
        {"total_batches", [](const Row& row) { return text(row.total_batches); }},
        {"total_nodes", [](const Row& row) { return text(row.total_nodes); }},
        {"success_nodes", [](const Row& row) { return text(row.success_nodes); }},
        {"failed_nodes", [](const Row& row) { return text(row.failed_nodes); }},
        {"content_sha256", [](const Row& row) { return row.content_sha256; }},
        {"last_error", [](const Row& row) { return row.last_error; }},
        {"claimed_by", [](const Row& row) { return row.claimed_by; }},
        {"claim_epoch", [](const Row& row) { return text(row.claim_epoch); }},
        {"order_id", [](const Row& row) { return row.order_id; }},
        {"lease_expires_at IS NOT NULL",
         [](const Row& row) { return text(row.lease_until.has_value()); }},
        {"started_at IS NOT NULL", [](const Row& row) { return text(row.started_at.has_value()); }},
        {"finished_at IS NOT NULL",
         [](const Row& row) { return text(row.finished_at.has_value()); }},
        {"COALESCE(hold, '')", [](const Row& row) { return text(to_text(row.hold)); }},
        {"paused_at IS NOT NULL", [](const Row& row) { return text(row.paused_at.has_value()); }},
        {"COALESCE(rows_seen, -1)", [](const Row& row) { return text(row.rows_seen); }},
    };
    return columns;
}

const std::vector<Column<test::TaskRow>>& task_columns() {
    using Row = test::TaskRow;
    static const std::vector<Column<Row>> columns{
        {"node_id", [](const Row& row) { return text(row.node); }},
        {"batch", [](const Row& row) { return text(row.batch); }},
        {"status", [](const Row& row) { return text(to_text(row.status)); }},
        {"failure_kind", [](const Row& row) { return text(to_text(row.failure)); }},
        {"attempt", [](const Row& row) { return text(row.attempt); }},
        {"start_epoch", [](const Row& row) { return text(row.start_epoch); }},
        {"COALESCE(ids_passed_over, 0)", [](const Row& row) { return text(row.ids_passed_over); }},
        {"agent_task_id", [](const Row& row) { return row.task_id; }},
        {"reason_kind", [](const Row& row) { return text(to_text(row.reason)); }},
        {"error_msg", [](const Row& row) { return row.error; }},
        {"reason_message", [](const Row& row) { return row.trouble; }},
        {"reason_until IS NOT NULL",
         [](const Row& row) { return text(row.trouble_until.has_value()); }},
        {"earlier_error", [](const Row& row) { return row.earlier_error; }},
        {"COALESCE(evidence, 'NULL')",
         [](const Row& row) { return row.evidence.value_or("NULL"); }},
        {"steps", [](const Row& row) { return row.steps; }},
        {"progress", [](const Row& row) { return text(row.progress); }},
        {"started_at IS NOT NULL", [](const Row& row) { return text(row.started_at.has_value()); }},
        {"COALESCE(started_at < '2021-01-01', 0)",
         [](const Row& row) {
             return text(row.started_at && now - *row.started_at > counts_as_old);
         }},
        {"finished_at IS NOT NULL",
         [](const Row& row) { return text(row.finished_at.has_value()); }},
    };
    return columns;
}

const std::vector<Column<test::InventoryRow>>& node_columns() {
    using Row = test::InventoryRow;
    static const std::vector<Column<Row>> columns{
        {"enabled", [](const Row& row) { return text(row.is_enabled); }},
        {"applied_version", [](const Row& row) { return text(row.applied_version); }},
        {"applied_sha256", [](const Row& row) { return row.applied_sha256; }},
    };
    return columns;
}

std::string differences(const Picture& sim, const Picture& store) {
    std::string found;
    const auto value_in = [](const Picture& picture, const std::string& name) {
        const auto at = std::find_if(picture.begin(), picture.end(),
                                     [&](const auto& field) { return field.first == name; });
        return at == picture.end() ? std::string("(nothing)") : "'" + at->second + "'";
    };
    const auto add = [&](const std::string& name) {
        const std::string left = value_in(sim, name), right = value_in(store, name);
        if (left == right) return;
        found += "  " + name + ": simulator " + left + ", store " + right + "\n";
    };
    for (const auto& [name, value] : sim)
        add(name);
    for (const auto& [name, value] : store) {
        if (value_in(sim, name) == "(nothing)") add(name);
    }
    return found;
}

}  // namespace edgeroll::differential
