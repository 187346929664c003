#include "control/store/engine/claim_queries.hpp"

#include <exception>

#include "control/store/engine/claim_order.hpp"
#include "control/store/engine/incomplete.hpp"
#include "control/store/rows/blockers.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/history.hpp"
#include "control/store/rows/locked.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "control/store/rows/version_range.hpp"

namespace edgeroll::control {
namespace {

constexpr const char* owned = "id = ? AND claim_epoch = ? AND claimed_by = ?";

Values owned_values(const Claim& claim) {
    return {claim.release.value, claim.epoch.value, claim.owner};
}

constexpr const char* not_started = "current_batch = 0 AND started_at IS NULL";

/// What stands there before the first claim, from a pipeline or a copied row, says nothing. A
/// release that was begun by an older process keeps NULL: its dispatches were sent without.
std::string order_of_claim() {
    return std::string("CASE WHEN ") + not_started +
           " AND (claimed_by IS NULL OR order_id IS NULL) THEN ? ELSE order_id END";
}

/// Begins with 1, whatever stands there before the first claim. What nobody can count on from (too
/// high, negative, no number) becomes the highest there is. SQLite keeps an epoch that a hand made
/// a fraction: ROUND makes it whole.
std::string epoch_of_claim() {
    const std::string max = std::to_string(release::epoch_max);
    return std::string("CASE WHEN claimed_by IS NULL AND ") + not_started +
           " THEN 1 WHEN claim_epoch >= 0 AND claim_epoch < " + max +
           " THEN ROUND(claim_epoch) + 1 ELSE " + max + " END";
}

}  // namespace

std::vector<Candidate> sweep_claimable(Connection& connection, int limit, int resting) {
    const Dialect& dialect = connection.dialect();
    // Counting rows costs; only releases that have not started are counted.
    const Rows rows = connection.query(
        "SELECT id, version, status, current_batch, total_nodes, "
        "CASE WHEN TRIM(COALESCE(batch_config, '')) <> '' THEN 1 ELSE 0 END, "
        "CASE WHEN current_batch = 0 THEN (SELECT COUNT(*) FROM release_task_nodes "
        "WHERE release_task_id = release_tasks.id) ELSE 0 END, "
        "rows_seen, " +
        dialect.age_ms("rows_seen_at") +
        ", last_error, "
        "CASE WHEN requested_action = 'stop' OR status IN ('success', 'failed', 'cancelled') THEN "
        "1 ELSE 0 END, "
        "CASE WHEN " +
        is_due(dialect) + " THEN 1 ELSE 0 END, type, batch_config IS NOT NULL, " +
        claim_rank(dialect) + " AS claim_rank FROM release_tasks WHERE " + has_no_end() + " AND " +
        is_lease_free(dialect) + " ORDER BY claim_rank, version");
    std::vector<Candidate> found;
    std::exception_ptr failed;
    for (const Row& row : rows) {
        const release::ReleaseId id{row.integer_or(0, 0)};
        const release::Version version{row.integer_or(1, 0)};
        const bool is_started = row.integer_or(3, 0) > 0;
        const bool is_impossible = !release::from_text<release::ReleaseStatus>(row.text(2)) ||
                                   !release::from_text<release::TaskType>(row.text(12)) ||
                                   !is_possible(version);
        const bool is_ending = row.integer_or(10, 0) != 0;
        const bool waits_its_turn = !is_started && !is_impossible && !is_ending;
        bool is_overdue = false;
        if (waits_its_turn) {
            Awaited awaited;
            awaited.id = id;
            awaited.is_pending = row.text(2) == "pending";
            awaited.is_due = row.integer_or(11, 0) != 0;
            awaited.rows.total_nodes = row.integer_or(4, 0);
            awaited.rows.has_batch_config = row.integer_or(5, 0) != 0;
            awaited.rows.is_config_empty =
                !awaited.rows.has_batch_config && row.integer_or(13, 0) != 0;
            awaited.rows.rows = row.integer_or(6, 0);
            awaited.rows_seen = row.integer(7);
            awaited.unchanged_for = release::Millis{row.integer_or(8, 0)};
            awaited.last_error = row.text(9);
            try {
                const RowsState rows_state = see_to_rows(connection, awaited);
                if (rows_state == RowsState::awaited) continue;
                is_overdue = rows_state == RowsState::overdue;
            } catch (const DbFailure&) {
                if (connection.is_broken()) throw;
                // One row that cannot be written (locked, say) must not keep the others waiting.
                if (!failed) failed = std::current_exception();
                continue;
            }
        }
        // To give up a half-inserted release is no work: it waits for no place and no other
        // release.
        const bool is_resting =
            is_overdue || row.integer_or(14, 0) >= static_cast<int>(ClaimRank::asks_a_gate);
        int& places = is_resting ? resting : limit;
        if (row.integer_or(11, 0) == 0 || places <= 0) continue;
        if (waits_its_turn && !is_overdue && !find_blockers(connection, id, version).empty())
            continue;
        found.push_back(Candidate{id, is_resting});
        --places;
    }
    // Told once nothing else is to be done: what was found is claimed first.
    if (failed && found.empty()) std::rethrow_exception(failed);
    return found;
}

std::optional<release::Epoch> take_claim(Connection& connection, release::ReleaseId id,
                                         const std::string& owner, const std::string& order_id,
                                         release::Millis lease) {
    const Dialect& dialect = connection.dialect();
    Transaction transaction(connection, Transaction::Kind::write);
    lock_at_once(connection, id);
    // MySQL assigns from left to right: claim_epoch and claimed_by come after what looks at them.
    const std::int64_t taken = connection.execute(
        "UPDATE release_tasks SET order_id = " + order_of_claim() +
            // An older process does not carry it on.
            ", started_batch_epoch = CASE WHEN started_batch_epoch = claim_epoch THEN " +
            epoch_of_claim() + " ELSE started_batch_epoch END, claim_epoch = " + epoch_of_claim() +
            ", claimed_by = ?, " + lease_columns(dialect, lease) +
            ", write_seq = write_seq + 1, "
            "updated_at = " +
            dialect.now() + " WHERE id = ? AND " + has_no_end() + " AND " + is_due(dialect) +
            " AND " + is_lease_free(dialect),
        {order_id, owner, id.value});
    if (taken != 1) return std::nullopt;
    const Rows rows =
        connection.query("SELECT claim_epoch FROM release_tasks WHERE id = ?", {id.value});
    const release::Epoch epoch{rows.at(0).integer_or(0, 0)};
    release::HistoryRow claimed;
    claimed.kind = "claimed";
    claimed.detail.emplace_back("epoch", std::to_string(epoch.value));
    add_history(connection, id, owner, {claimed});
    transaction.commit();
    return epoch;
}

std::vector<Mark> read_marks(Connection& connection, const std::string& owner) {
    const Rows rows = connection.query(
        "SELECT id, claim_epoch, " + effective_status() + ", " + effective_action() +
            ", steer_seq FROM release_tasks WHERE " + has_no_end() +
            " AND claimed_by = ? AND NOT " + is_lease_free(connection.dialect()),
        {owner});
    std::vector<Mark> marks;
    marks.reserve(rows.size());
    for (const Row& row : rows) {
        Mark mark;
        mark.release = release::ReleaseId{row.integer_or(0, 0)};
        mark.epoch = release::Epoch{row.integer_or(1, 0)};
        mark.status = release::from_text<release::ReleaseStatus>(row.text(2))
                          .value_or(release::ReleaseStatus::running);
        mark.requested =
            release::from_text<release::Action>(row.text(3)).value_or(release::Action::none);
        mark.steer_seq = row.integer_or(4, 0);
        marks.push_back(mark);
    }
    return marks;
}

bool renew_claim(Connection& connection, const Claim& claim, release::Millis lease) {
    Transaction transaction(connection, Transaction::Kind::write);
    const std::int64_t renewed = naming_lock(claim.release, [&] {
        return connection.execute(
            "UPDATE release_tasks SET " + lease_columns(connection.dialect(), lease) +
                ", write_seq = write_seq + 1, updated_at = updated_at WHERE " + owned,
            owned_values(claim));
    });
    transaction.commit();
    return renewed == 1;
}

void give_claim_back(Connection& connection, const Claim& claim) {
    Transaction transaction(connection, Transaction::Kind::write);
    connection.execute(
        std::string("UPDATE release_tasks SET lease_expires_at = NULL, write_seq = write_seq + 1, "
                    "updated_at = updated_at WHERE ") +
            owned,
        owned_values(claim));
    transaction.commit();
}

}  // namespace edgeroll::control
