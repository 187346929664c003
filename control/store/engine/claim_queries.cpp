#include "control/store/engine/claim_queries.hpp"

#include <exception>

#include "control/store/engine/claim_order.hpp"
#include "control/store/engine/incomplete.hpp"
#include "control/store/rows/blockers.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
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

/// A value from before the first claim, from a pipeline or a copied row, means nothing. A release
/// begun by an older process keeps NULL: its dispatches were sent without an order id.
std::string order_of_claim() {
    return std::string("CASE WHEN ") + not_started +
           " AND (claimed_by IS NULL OR order_id IS NULL) THEN ? ELSE order_id END";
}

/// Begins with 1, whatever the row has before the first claim. A value that cannot be incremented
/// (too high, negative, not a number) becomes the highest epoch. On SQLite a manual edit may leave
/// a fraction: ROUND makes it an integer.
std::string epoch_of_claim() {
    const std::string max = std::to_string(release::epoch_max);
    return std::string("CASE WHEN claimed_by IS NULL AND ") + not_started +
           " THEN 1 WHEN claim_epoch >= 0 AND claim_epoch < " + max +
           " THEN ROUND(claim_epoch) + 1 ELSE " + max + " END";
}

/// A release without a valid claim.
struct Unclaimed {
    release::Version version;
    std::string status, type;
    std::int64_t current_batch = 0, rank = 0;
    bool is_ending = false;
    bool is_urgent = false;  ///< as Candidate::is_urgent
    Awaited awaited;

    [[nodiscard]] bool waits_its_turn() const {
        const bool is_possible_release = release::from_text<release::ReleaseStatus>(status) &&
                                         release::from_text<release::TaskType>(type) &&
                                         is_possible(version);
        return current_batch <= 0 && is_possible_release && !is_ending;
    }
};

/// Counting rows is expensive; only rows of releases that have not started are counted.
Columns<Unclaimed> unclaimed_columns(const Dialect& dialect) {
    using release::AwaitedRows;
    constexpr auto awaited = &Unclaimed::awaited;
    constexpr auto rows = &Awaited::rows;
    return {
        {"id", into<awaited, &Awaited::id>},
        {"version", into<&Unclaimed::version>},
        {"status",
         [](Unclaimed& one, const Field& field) {
             one.status = field.text();
             one.awaited.is_pending = one.status == "pending";
         }},
        {"current_batch", into<&Unclaimed::current_batch>},
        {"total_nodes", into<awaited, rows, &AwaitedRows::total_nodes>},
        {"CASE WHEN TRIM(COALESCE(batch_config, '')) <> '' THEN 1 ELSE 0 END",
         into<awaited, rows, &AwaitedRows::has_batch_config>},
        {"CASE WHEN current_batch = 0 THEN (SELECT COUNT(*) FROM release_task_nodes WHERE "
         "release_task_id = release_tasks.id) ELSE 0 END",
         into<awaited, rows, &AwaitedRows::rows>},
        {"rows_seen", into<awaited, &Awaited::rows_seen>},
        {dialect.age_ms("rows_seen_at"), into<awaited, &Awaited::unchanged_for>},
        {"last_error", into<awaited, &Awaited::last_error>},
        {"CASE WHEN requested_action = 'stop' OR status IN ('success', 'failed', 'cancelled') THEN "
         "1 ELSE 0 END",
         into<&Unclaimed::is_ending>},
        {"CASE WHEN " + is_due(dialect) + " THEN 1 ELSE 0 END", into<awaited, &Awaited::is_due>},
        {"type", into<&Unclaimed::type>},
        {"batch_config IS NOT NULL",
         [](Unclaimed& one, const Field& field) {
             AwaitedRows& of_release = one.awaited.rows;
             of_release.is_config_empty = !of_release.has_batch_config && field.is_set();
         }},
        {claim_rank(dialect) + " AS claim_rank", into<&Unclaimed::rank>},
        {"COALESCE(rolls_back, aborted_at)", presence_into<&Unclaimed::is_urgent>},
    };
}

}  // namespace

std::vector<Candidate> sweep_claimable(Connection& connection, int limit, int resting) {
    const Dialect& dialect = connection.dialect();
    const std::vector<Unclaimed> unclaimed =
        select_rows(connection, unclaimed_columns(dialect),
                    "FROM release_tasks WHERE " + has_no_end() + " AND " + is_lease_free(dialect) +
                        " ORDER BY claim_rank, version");
    std::vector<Candidate> found;
    std::exception_ptr failed;
    for (const Unclaimed& one : unclaimed) {
        const release::ReleaseId id = one.awaited.id;
        const bool waits_its_turn = one.waits_its_turn();
        bool is_overdue = false;
        if (waits_its_turn) {
            try {
                const RowsState rows_state = see_to_rows(connection, one.awaited);
                if (rows_state == RowsState::awaited) continue;
                is_overdue = rows_state == RowsState::overdue;
            } catch (const DbFailure&) {
                if (connection.is_broken()) throw;
                // A row that cannot be written (locked, for example) must not keep the others
                // waiting.
                if (!failed) failed = std::current_exception();
                continue;
            }
        }
        // Giving up a half-inserted release is no work: it takes no place and waits for no other
        // release.
        const bool is_resting = is_overdue || one.rank >= static_cast<int>(ClaimRank::asks_a_gate);
        int& places = is_resting ? resting : limit;
        if (!one.awaited.is_due || (places <= 0 && !one.is_urgent)) continue;
        if (waits_its_turn && !is_overdue && !find_blockers(connection, id, one.version).empty())
            continue;
        found.push_back(Candidate{id, is_resting, one.is_urgent});
        if (!one.is_urgent) --places;
    }
    // Reported only when no release was found: releases that were found are claimed first.
    if (failed && found.empty()) std::rethrow_exception(failed);
    return found;
}

std::optional<release::Epoch> take_claim(Connection& connection, release::ReleaseId id,
                                         const std::string& owner, const std::string& order_id,
                                         release::Millis lease) {
    const Dialect& dialect = connection.dialect();
    Transaction transaction(connection, Transaction::Kind::write);
    lock_at_once(connection, id);
    // MySQL assigns from left to right: claim_epoch and claimed_by follow the expressions that read
    // them.
    const std::int64_t taken = connection.execute(
        "UPDATE release_tasks SET order_id = " + order_of_claim() +
            // An older process does not carry this column over.
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
    const Columns<Mark> columns{
        {"id", into<&Mark::release>},
        {"claim_epoch", into<&Mark::epoch>},
        {effective_status(), word_into<release::ReleaseStatus::running, &Mark::status>},
        {effective_action(), word_into<release::Action::none, &Mark::requested>},
        {"steer_seq", into<&Mark::steer_seq>},
    };
    return select_rows(connection, columns,
                       "FROM release_tasks WHERE " + has_no_end() + " AND claimed_by = ? AND NOT " +
                           is_lease_free(connection.dialect()),
                       {owner});
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
