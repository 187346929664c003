#include "control/store/engine/snapshot_query.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "control/core/node_address.hpp"
#include "control/store/engine/snapshot_checks.hpp"
#include "control/store/engine/snapshot_rows.hpp"
#include "control/store/rows/blockers.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_mark.hpp"
#include "control/store/rows/version_range.hpp"
#include "release/wire/batch_config.hpp"
#include "release/words.hpp"

namespace edgeroll::control {
namespace {

using release::Snapshot;

std::string in_quotes(const std::string& text) {
    constexpr std::size_t shown_max = 64;
    return "'" + fitted(text, shown_max) + "'";
}

/// Checks the row's type, not_before and target, and adds a problem for each bad value.
void judge_words(SnapshotRelease& row) {
    Snapshot& snapshot = row.snapshot;
    const auto type = release::from_text<release::TaskType>(row.type);
    snapshot.type = type.value_or(release::TaskType::apply_config);
    if (!type) {
        add_problem(snapshot, "type " + in_quotes(row.type) + " is not known: " +
                                  release::listed<release::TaskType>(" and ") + " are");
    }
    if (row.odd_time) {
        add_problem(snapshot, "not_before " + in_quotes(*row.odd_time) + " is not a time");
    }
    if (row.target != "cdn") {
        add_problem(snapshot, "target " + in_quotes(row.target) + " is not supported: only cdn is");
    }
}

void judge_config(SnapshotRelease& row, Finding& finding) {
    Snapshot& snapshot = row.snapshot;
    const bool is_blank = row.batch_config.find_first_not_of(" \t\r\n") == std::string::npos;
    finding.has_blank_config = snapshot.is_config_empty = is_blank && row.has_config_text;
    if (is_blank) return;
    snapshot.has_batch_config = true;
    auto policy = release::wire::parse_batch_config(row.batch_config);
    if (policy) {
        snapshot.policy = *policy;
    } else {
        add_problem(snapshot, policy.error().message);
    }
}

std::optional<Snapshot> read_release(Connection& connection, const Claim& claim, bool is_part,
                                     Finding& finding) {
    auto row = select_row(connection, snapshot_release_columns(connection.dialect(), is_part),
                          "FROM release_tasks WHERE id = ? AND claim_epoch = ? AND claimed_by = ?",
                          {claim.release.value, claim.epoch.value, claim.owner});
    if (!row) return std::nullopt;
    Snapshot& snapshot = row->snapshot;
    snapshot.id = claim.release;
    if (!is_possible(snapshot.version)) {
        add_problem(snapshot, std::string("version must be ") + version_range_text + ", not " +
                                  in_quotes(row->version));
    }
    if (claim.epoch.value >= release::epoch_max) {
        add_problem(snapshot, release::unusable_epoch);
    }
    const auto status = release::from_text<release::ReleaseStatus>(row->status);
    snapshot.status = status.value_or(release::ReleaseStatus::running);
    if (!status) add_problem(snapshot, "status " + in_quotes(row->status) + " is not known");
    const auto action = release::from_text<release::Action>(row->requested_action);
    snapshot.requested = action.value_or(release::Action::none);
    if (!action) finding.unknown_action = row->requested_action;
    judge_config(*row, finding);
    judge_words(*row);
    finding.rows_seen = row->rows_seen;
    finding.since_rows_seen = row->since_rows_seen;
    return std::move(snapshot);
}

release::NodeRow judged(Snapshot& snapshot, SnapshotNode row) {
    release::NodeRow& node = row.node;
    const auto add = [&](const std::string& problem) {
        add_problem(snapshot, "node row " + std::to_string(node.row_id) + ": " + problem);
    };
    // After the start such a row is a late row and skipped as such; a retry of other rows leaves it
    // skipped.
    const bool is_to_start = snapshot.current_batch == 0 && !is_final(node.status);
    // Others may write that column too.
    const bool is_joined = node.is_joined && node.batch == 0 && snapshot.catches_up;
    if (is_to_start && row.odd_batch && !is_joined) {
        add("batch must be at least 1, not " + in_quotes(*row.odd_batch));
    }
    if (row.odd_status) add("status " + in_quotes(*row.odd_status) + " is not known");
    if (row.odd_version) {
        add(std::string("config_version must be ") + version_range_text + ", not " +
            in_quotes(*row.odd_version));
    }
    release::HeldContent held = held_content(row.applied, row.observed);
    // Whoever set applied_version NULL wants the node asked (docs/contract.md 3.2).
    if (!row.applied.version) held = {};
    node.facts.applied_version = held.version;
    node.facts.applied_sha256 = std::move(held.sha256);
    // Nothing is known of a deleted node.
    if (!node.facts.exists) {
        node.facts = release::NodeFacts{};
        node.facts.exists = false;
        node.address = release::Address{};
    }
    return std::move(node);
}

/// Uses the index. A row with an unknown status is missed, and then all rows are read.
constexpr const char* of_batch =
    " AND r.status IN ('pending', 'running', 'success', 'failed', 'skipped', 'deferred', "
    "'cancelled') AND r.batch = ?";

/// Without statistics SQLite would choose the index by nodes and scan every row of the release.
const char* by_status_and_batch(const Dialect& dialect) {
    return dialect.backend == Backend::sqlite ? " INDEXED BY release_task_nodes_status"
                                              : " FORCE INDEX (release_task_nodes_status)";
}

struct OtherRows {
    release::BatchReading part;
    std::optional<release::Millis> since_last_finish;
};

void lowest_into(OtherRows& others, const Field& field) {
    if (field.is_null()) return;
    others.part.lowest_open =
        std::min(others.part.lowest_open.value_or(field.small()), field.small());
}

/// Reads from the index alone whether the other rows are unchanged.
void look_at_others(Connection& connection, Snapshot& snapshot, int number) {
    const std::string of = " FROM release_task_nodes WHERE release_task_id = ? AND status = ";
    const Value id{snapshot.id.value};
    const Columns<OtherRows> columns{
        {"(SELECT MIN(batch)" + of + "'pending')", lowest_into},
        {"(SELECT MIN(batch)" + of + "'running')", lowest_into},
        {"(SELECT COUNT(*)" + of + "'failed')",
         into<&OtherRows::part, &release::BatchReading::failed>},
        {since_last_finish(connection.dialect(), "release_task_id = ? AND batch = ?"),
         [](OtherRows& others, const Field& field) { others.since_last_finish = span_of(field); }},
    };
    const OtherRows others =
        select_row(connection, columns, "",
                   {id, id, id, id, std::int64_t{snapshot.started_batch.value_or(0)}})
            .value();
    snapshot.since_last_finish = others.since_last_finish;
    snapshot.part = others.part;
    snapshot.part->number = number;
}

/// Rows inserted by SQL may give two nodes the same address: their agent would be sent two tasks.
/// Checked before the first batch, while the rows can be corrected and nothing has happened yet.
void check_addresses(Snapshot& snapshot) {
    if (snapshot.current_batch > 0) return;
    std::vector<NodePlace> places;
    for (const release::NodeRow& node : snapshot.nodes) {
        const release::NodeFacts& facts = node.facts;
        const bool is_asked =
            facts.exists && facts.is_enabled && !facts.is_in_maintenance && !is_final(node.status);
        if (!is_asked) continue;
        places.push_back({node.id, node.address.name, node.address.ip, node.address.port});
    }
    std::string shared = shared_address(places);
    if (!shared.empty()) add_problem(snapshot, std::move(shared));
}

void read_nodes(Connection& connection, Snapshot& snapshot) {
    Values values{snapshot.id.value};
    if (snapshot.part) values.emplace_back(std::int64_t{snapshot.part->number});
    const Columns<SnapshotNode> columns = snapshot_node_columns(connection.dialect());
    const Rows rows =
        connection.query("SELECT " + columns.list() + " FROM release_task_nodes r" +
                             (snapshot.part ? by_status_and_batch(connection.dialect()) : "") +
                             " LEFT JOIN nodes n ON n.id = r.node_id WHERE r.release_task_id = ?" +
                             (snapshot.part ? of_batch : "") + " ORDER BY r.batch, r.node_id",
                         values);
    snapshot.nodes.reserve(rows.size());
    for (const Row& row : rows)
        snapshot.nodes.push_back(judged(snapshot, columns.read(row)));
    // Text in a numeric column (allowed by SQLite) would otherwise sort wrongly.
    std::stable_sort(snapshot.nodes.begin(), snapshot.nodes.end(),
                     [](const release::NodeRow& a, const release::NodeRow& b) {
                         return std::pair(a.batch, a.id) < std::pair(b.batch, b.id);
                     });
    check_addresses(snapshot);
}

/// Marks the nodes of a rollback on which the release that it undoes still runs. What is left of a
/// release that has ended keeps nobody waiting.
void mark_still_running(Connection& connection, Snapshot& snapshot) {
    if (!snapshot.rolls_back) return;
    std::set<std::int64_t> running;
    for (const Row& row : connection.query(
             "SELECT r.node_id FROM release_tasks undone JOIN release_task_nodes r ON "
             "r.release_task_id = undone.id AND r.status = 'running' WHERE undone.id = ? AND " +
                 is_unfinished("undone."),
             {snapshot.rolls_back->value})) {
        running.insert(row.integer_or(0, 0));
    }
    for (release::NodeRow& node : snapshot.nodes)
        node.facts.is_still_running = running.contains(node.id.value);
}

void take_awaited_rows(Snapshot& snapshot, const Finding& finding) {
    const auto rows = static_cast<std::int64_t>(snapshot.nodes.size());
    const bool is_noted = finding.rows_seen == rows && finding.since_rows_seen;
    if (snapshot.current_batch > 0 || snapshot.part || !is_noted) return;
    snapshot.rows_unchanged_for =
        release::Millis{std::max<std::int64_t>(*finding.since_rows_seen, 0)};
}

/// Noted in the history, not in last_error: a mistyped word says nothing about the release, and no
/// later event would clear it.
void refuse_action(Connection& connection, const Claim& claim, const std::string& word) {
    const Dialect& dialect = connection.dialect();
    const std::string text = "requested_action " + in_quotes(word) +
                             " is not known and was cleared: pause, continue and stop are";
    Transaction transaction(connection, Transaction::Kind::write);
    const std::int64_t cleared = connection.execute(
        "UPDATE release_tasks SET requested_action = NULL, "
        "write_seq = write_seq + 1, updated_at = " +
            dialect.now() +
            " WHERE id = ? AND claim_epoch = ? AND claimed_by = ? AND requested_action = ?",
        {claim.release.value, claim.epoch.value, claim.owner, word});
    if (cleared != 1) return;
    release::HistoryRow row;
    row.kind = "action_refused";
    row.detail.emplace_back("reason", text);
    add_history(connection, claim.release, claim.owner, {row});
    transaction.commit();
}

std::optional<Snapshot> read_all(Connection& connection, ContentBook& contents, const Claim& claim,
                                 std::optional<int> part, const release::wire::CallRules& rules,
                                 Finding& finding) {
    Transaction transaction(connection, Transaction::Kind::read);
    auto snapshot = read_release(connection, claim, part.has_value(), finding);
    if (!snapshot) return std::nullopt;
    if (part) look_at_others(connection, *snapshot, *part);
    read_nodes(connection, *snapshot);
    mark_still_running(connection, *snapshot);
    take_awaited_rows(*snapshot, finding);
    if (finding.has_blank_config && snapshot->nodes.empty()) {
        add_problem(*snapshot,
                    "batch_config is an empty text: write the JSON object that is meant ({} for "
                    "the defaults), or NULL and node rows");
    }
    check_provenance(connection, *snapshot);
    check_gates(*snapshot, rules);
    read_own_content(connection, contents, *snapshot, finding);
    read_other_contents(connection, contents, *snapshot, finding);
    read_bans(connection, *snapshot, finding);
    if (!part && snapshot->nodes.empty() && snapshot->has_batch_config) {
        snapshot->fleet = read_fleet(connection);
    }
    if (snapshot->current_batch == 0) {
        snapshot->blockers = find_blockers(connection, snapshot->id, snapshot->version);
    }
    finding.raises_mark = is_possible(snapshot->version) && snapshot->version.value <= marked_max &&
                          snapshot->version.value > read_version_mark(connection);
    transaction.commit();
    return snapshot;
}

}  // namespace

std::optional<Snapshot> take_snapshot(Connection& connection, ContentBook& contents,
                                      const Claim& claim, std::optional<int> part,
                                      const release::wire::CallRules& gate_rules) {
    constexpr int readings_max = 2;
    for (int i = 1;; ++i) {
        Finding finding;
        auto snapshot = read_all(connection, contents, claim, part, gate_rules, finding);
        if (!snapshot) return std::nullopt;
        if (write_down(connection, *snapshot, finding) && i < readings_max) continue;
        if (!finding.unknown_action.empty()) {
            refuse_action(connection, claim, finding.unknown_action);
        }
        return snapshot;
    }
}

}  // namespace edgeroll::control
