#include "control/store/engine/commit_writer.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/store/rows/blockers.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/evidence.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/node_writer.hpp"
#include "control/store/rows/skip_rows.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/steering/rollback.hpp"
#include "release/wire/plan_digest.hpp"

namespace edgeroll::control {
namespace {

using release::Commit;
using release::ReleaseChange;

/// "a = ?, b = ?" with its values.
class Assignments {
  public:
    void set(const char* column, Value value) {
        text_ += std::string(", ") + column + " = ?";
        values_.push_back(std::move(value));
    }
    void expression(const std::string& text) { text_ += ", " + text; }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] Values take_values() { return std::move(values_); }

  private:
    std::string text_;
    Values values_;
};

Assignments assignments(const ReleaseChange& change, const Dialect& dialect) {
    Assignments to;
    if (change.status) to.set("status", std::string(to_text(*change.status)));
    if (change.batch_status) {
        to.set("batch_status", null_if_empty(std::string(to_text(*change.batch_status))));
    }
    if (change.current_batch) to.set("current_batch", std::int64_t{*change.current_batch});
    if (change.started_batch) {
        to.set("started_batch", std::int64_t{*change.started_batch});
        to.expression("started_batch_epoch = claim_epoch");
    }
    if (change.total_batches) to.set("total_batches", std::int64_t{*change.total_batches});
    if (change.total_nodes) to.set("total_nodes", std::int64_t{*change.total_nodes});
    if (change.content_sha256) to.set("content_sha256", null_if_empty(*change.content_sha256));
    if (change.last_error) to.set("last_error", null_if_empty(fitted(*change.last_error)));
    if (change.is_started) {
        to.expression("started_at = COALESCE(started_at, " + dialect.now() + ")");
    }
    if (change.is_finished) {
        to.expression("finished_at = " + dialect.now());
        to.expression("catch_up = NULL");  // the nodes left behind by this end are not checked yet
        to.expression(callback_falls_due());
    }
    if (change.is_baked) to.expression("baked_at = " + dialect.now());
    if (change.is_aborted) {
        to.expression("aborted_at = COALESCE(aborted_at, " + dialect.now() + ")");
    }
    if (change.clears_action) to.expression("requested_action = NULL");
    if (change.hold) {
        to.set("hold", null_if_empty(std::string(to_text(*change.hold))));
        to.expression("hold_until = " +
                      (change.hold_for ? dialect.now_plus(*change.hold_for) : "NULL"));
    }
    if (change.marks_pause) {
        to.expression("paused_at = COALESCE(paused_at, " + dialect.now() + ")");
    }
    // MySQL assigns from left to right: paused_at is cleared after the sum has read it.
    const std::string forgotten =
        change.forgotten_work ? " + " + std::to_string(change.forgotten_work->count()) : "";
    if (change.ends_pause) {
        to.expression("paused_ms = paused_ms + COALESCE(" + dialect.age_ms("paused_at") + ", 0)" +
                      forgotten);
        to.expression("paused_at = NULL");
    } else if (change.forgotten_work) {
        to.expression("paused_ms = paused_ms" + forgotten);
    }
    if (change.batch_work_start) {
        to.set("batch_work_start_ms", std::int64_t{change.batch_work_start->count()});
    }
    if (change.waived_failures) {
        to.set("waived_failures", std::int64_t{*change.waived_failures});
    }
    return to;
}

bool update_release(Connection& connection, const Claim& claim, const Commit& commit) {
    const Dialect& dialect = connection.dialect();
    Assignments changed = assignments(commit.release, dialect);
    Values values = changed.take_values();
    values.emplace_back(claim.release.value);
    values.emplace_back(claim.epoch.value);
    values.emplace_back(claim.owner);
    values.emplace_back(std::string(to_text(commit.expected_status)));
    values.emplace_back(std::string(to_text(commit.expected_action)));
    values.emplace_back(commit.expected_steer_seq);
    std::string rows;
    if (commit.expected_rows) {
        rows =
            " AND (SELECT COUNT(*) FROM release_task_nodes WHERE release_task_id = "
            "release_tasks.id) = ?";
        values.emplace_back(std::int64_t{*commit.expected_rows});
    }
    return connection.execute(
               "UPDATE release_tasks SET write_seq = write_seq + 1, updated_at = " + dialect.now() +
                   changed.text() + " WHERE id = ? AND claim_epoch = ? AND claimed_by = ? AND " +
                   effective_status() + " = ? AND " + effective_action() +
                   " = ? AND steer_seq = ?" + rows,
               values) == 1;
}

Committed why_refused(Connection& connection, const Claim& claim) {
    const Rows rows = connection.query(
        "SELECT 1 FROM release_tasks WHERE id = ? AND claim_epoch = ? AND claimed_by = ?",
        {claim.release.value, claim.epoch.value, claim.owner});
    return rows.empty() ? Committed::fenced : Committed::stale;
}

/// A release that shares nodes may have been inserted or started since this release was read. In
/// that case the start is undone, and the next read finds the blocker.
bool may_start(Connection& connection, const Claim& claim) {
    const Rows rows =
        connection.query("SELECT version FROM release_tasks WHERE id = ?", {claim.release.value});
    if (rows.empty()) return false;
    return find_blockers(connection, claim.release, release::Version{rows[0].integer_or(0, 0)})
        .empty();
}

/// False: the rows are not those that were read.
bool mark_rows_of_start(Connection& connection, const Claim& claim, const Commit& commit) {
    const auto& start = commit.release.rows_of_start;
    if (!start) return true;
    // Not by the primary key, which would scan the rows of other releases.
    return connection.execute(
               "UPDATE release_task_nodes SET start_epoch = ? WHERE release_task_id = ? AND "
               "id + 0 <= ?",
               {claim.epoch.value, claim.release.value, start->newest_row_id}) == start->rows;
}

/// plan_sha256 marks the rows as edgeroll's own and identifies their plan.
void mark_planned(Connection& connection, release::ReleaseId id,
                  const std::vector<release::PlannedNode>& planned) {
    if (planned.empty()) return;
    struct Planned {
        release::TaskType type = release::TaskType::apply_config;
        std::string batch_config, content;
    };
    const Columns<Planned> columns{
        {"type", word_into<release::TaskType::apply_config, &Planned::type>},
        {"batch_config", into<&Planned::batch_config>},
        {"(SELECT sha256 FROM config_versions WHERE config_versions.version = "
         "release_tasks.version)",
         into<&Planned::content>},
    };
    const Planned row =
        select_row(connection, columns, "FROM release_tasks WHERE id = ?", {id.value}).value();
    const release::wire::PlanParts parts{planned, row.content, row.type, row.batch_config};
    connection.execute("UPDATE release_tasks SET plan_sha256 = ? WHERE id = ?",
                       {release::wire::plan_digest(parts), id.value});
}

std::optional<release::HistoryRow> status_row(const Commit& commit) {
    // An end written by an operator changes no status, and is an end nevertheless.
    const release::ReleaseStatus status = commit.release.status.value_or(commit.expected_status);
    if (!commit.release.is_finished && status == commit.expected_status) return {};
    release::HistoryRow row;
    row.kind = "release_" + std::string(to_text(status));
    row.after_nodes = commit.status_after;
    if (commit.release.last_error && !commit.release.last_error->empty()) {
        row.detail.emplace_back("reason", fitted(*commit.release.last_error));
    }
    return row;
}

std::optional<release::HistoryRow> batch_row(const Commit& commit) {
    if (!commit.release.current_batch) return {};
    release::HistoryRow row;
    row.kind = "batch_started";
    row.after_nodes = commit.batch_after;
    row.detail.emplace_back("batch", std::to_string(*commit.release.current_batch));
    if (commit.release.started_batch) {
        row.detail.emplace_back("number", std::to_string(*commit.release.started_batch));
    }
    return row;
}

/// All history rows of the commit in order of occurrence; without the end of the release, which
/// follows the skipped rows.
std::vector<release::HistoryRow> whole_history(const Commit& commit) {
    std::vector<release::HistoryRow> rows = commit.history;
    if (!commit.release.is_finished) {
        if (auto row = status_row(commit)) rows.push_back(std::move(*row));
    }
    if (auto row = batch_row(commit)) rows.push_back(std::move(*row));
    const auto is_earlier = [](const release::HistoryRow& a, const release::HistoryRow& b) {
        return a.after_nodes < b.after_nodes;
    };
    std::stable_sort(rows.begin(), rows.end(), is_earlier);
    std::vector<release::HistoryRow> all;
    all.reserve(rows.size() + commit.nodes.size());
    auto next = rows.begin();
    for (std::size_t i = 0; i < commit.nodes.size(); ++i) {
        for (; next != rows.end() && next->after_nodes <= i; ++next)
            all.push_back(std::move(*next));
        all.push_back(node_history(commit.nodes[i]));
    }
    all.insert(all.end(), std::make_move_iterator(next), std::make_move_iterator(rows.end()));
    return all;
}

}  // namespace

Committed write_commit(Connection& connection, const Claim& claim, const Commit& commit) {
    Transaction transaction(connection, Transaction::Kind::write);
    if (!update_release(connection, claim, commit)) return why_refused(connection, claim);
    if (!add_planned_rows(connection, claim.release, commit.planned)) return Committed::stale;
    mark_planned(connection, claim.release, commit.planned);
    if (commit.release.is_started && !may_start(connection, claim)) return Committed::stale;
    if (!mark_rows_of_start(connection, claim, commit)) return Committed::stale;

    if (!write_node_changes(connection, claim, commit.nodes)) return Committed::stale;
    write_progress(connection, claim.release, commit.progress);
    add_history(connection, claim.release, claim.owner, whole_history(commit));
    add_evidence(connection, claim.release, commit.evidence);
    if (commit.skip_pending &&
        !skip_pending_rows(connection, claim.release, claim.owner, *commit.skip_pending)) {
        return Committed::stale;
    }
    if (const auto end = commit.release.is_finished ? status_row(commit) : std::nullopt) {
        add_history(connection, claim.release, claim.owner, {*end});
    }
    connection.execute("UPDATE release_tasks SET " + recounted_columns() + " WHERE id = ?",
                       {claim.release.value});
    if (commit.creates_rollback) roll_back_by_itself(connection, claim.release);
    transaction.commit();
    return Committed::done;
}

}  // namespace edgeroll::control
