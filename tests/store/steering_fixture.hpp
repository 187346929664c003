// Releases in states that operators act on.
#pragma once

#include <string>
#include <vector>

#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {

namespace code = release::code;

/// The error of a call that should be refused; if the call succeeded, an error that says so.
template <class T>
release::Error refusal(const Result<T>& result) {
    return result ? release::Error{"it was done", Outcome::permanent, code::ok} : result.error();
}

class SteeringTest : public StoreTest {
  protected:
    std::string field(ReleaseId id, const std::string& column) {
        return text("SELECT " + column + " FROM release_tasks WHERE id = ?", {id.value});
    }
    std::string row_field(ReleaseId id, std::int64_t node, const std::string& column) {
        return text("SELECT " + column +
                        " FROM release_task_nodes WHERE release_task_id = ? AND node_id = ?",
                    {id.value, node});
    }
    void set(ReleaseId id, const std::string& assignments) {
        sql("UPDATE release_tasks SET " + assignments + " WHERE id = ?", {id.value});
    }
    void set_row(ReleaseId id, std::int64_t node, const std::string& assignments) {
        sql("UPDATE release_task_nodes SET " + assignments +
                " WHERE release_task_id = ? AND node_id = ?",
            {id.value, node});
    }
    std::string detail(ReleaseId id, const std::string& kind) {
        return text("SELECT detail FROM release_events WHERE release_task_id = ? AND kind = ?",
                    {id.value, kind});
    }
    /// A content whose digest is 64 times that letter.
    void add_content(std::int64_t version, char letter) {
        sql("INSERT INTO config_versions (version, payload, sha256) VALUES (?, ?, ?)",
            {version, R"({"files":[{"path":"a","content":"x"}]})", std::string(64, letter)});
    }
    /// Three nodes that had the content of `before`; the release succeeded on the first, failed on
    /// the second, and the third was skipped.
    ReleaseId add_failed_release(std::int64_t version, std::int64_t before, char letter) {
        const ReleaseId id = add_whole_release(version, {1, 2});
        set(id,
            "status = 'failed', batch_status = 'stopped', current_batch = 2, "
            "total_batches = 2, started_at = created_at, finished_at = created_at, "
            "last_error = 'node n2: broken', success_nodes = 1, failed_nodes = 1, "
            "content_sha256 = '" +
                std::string(64, letter) + "'");
        set_row(id, 1,
                "status = 'success', attempt = 1, finished_at = created_at, "
                "previous_config_version = " +
                    std::to_string(before));
        set_row(id, 2,
                "status = 'failed', attempt = 2, failure_kind = 'exec_failed', error_msg = "
                "'broken', progress = 40, finished_at = created_at");
        set_row(id, 3, "status = 'skipped', error_msg = 'limit'");
        sql("UPDATE nodes SET applied_version = ?, applied_config_version = ?", {before, before});
        sql("UPDATE nodes SET applied_version = ?, applied_config_version = ? WHERE id = 1",
            {version, version});
        return id;
    }
    Result<ReleaseView> steer(ReleaseId id, release::Steering action,
                              const std::string& reason = "") {
        SteerRequest request;
        request.id = id;
        request.actor = "ann";
        request.reason = reason;
        request.action = action;
        return control().await(control().api().steer(request));
    }
    Result<Retried> retry(ReleaseId id, const std::vector<release::NodeReference>& nodes = {}) {
        RetryRequest request;
        request.id = id;
        request.actor = "ann";
        request.reason = "mended";
        request.nodes = nodes;
        return control().await(control().api().retry(request));
    }
    /// As reconciliation takes up nodes of one batch.
    TakenUp taken_up(ReleaseId id, const std::vector<std::int64_t>& nodes,
                     release::OwedCause cause = release::OwedCause::deferred,
                     release::ReconcileRules rules = {}) {
        release::ReconcileRound round{id, {}};
        for (const std::int64_t node : nodes) {
            round.nodes.emplace_back();
            round.nodes.back().node = NodeId{node};
            round.nodes.back().cause = cause;
        }
        return control().get(control().reconciliation().take_up(rules, std::move(round)));
    }
    Result<RolledBack> roll_back(ReleaseId id, bool is_forced = false) {
        RollbackRequest request;
        request.id = id;
        request.actor = "ann";
        request.is_forced = is_forced;
        return control().await(control().api().roll_back(request));
    }
};

}  // namespace edgeroll::control::testing
