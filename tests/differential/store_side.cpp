#include "control/store/rows/node_facts.hpp"
#include "tests/differential/side.hpp"

namespace edgeroll::differential {
namespace {

using namespace release;
using control::Connection;
using control::null_if_empty;
using control::Transaction;
using control::Value;
using control::Values;

constexpr const char* past = "2020-01-01 00:00:00";
constexpr const char* ahead = "2037-01-01 00:00:00";

Value written_moment(When when) {
    if (when == When::none) return {};
    return std::string(when == When::long_past ? past : ahead);
}

template <class Status>
Value word(Status status) {
    return null_if_empty(std::string(to_text(status)));
}

template <class Row>
std::string selected(const std::vector<Column<Row>>& columns) {
    std::string sql;
    for (const Column<Row>& column : columns)
        sql += std::string(", ") + column.sql;
    return sql;
}

class StoreSide final : public Side {
  public:
    StoreSide(std::vector<std::unique_ptr<control::testing::Process>>& processes, Connection& hand)
        : processes_(processes), hand_(hand) {
        Transaction transaction(hand_, Transaction::Kind::write);
        for (const char* table : {"nodes", "config_versions", "release_tasks", "release_task_nodes",
                                  "release_events"}) {
            hand_.execute(std::string("DELETE FROM ") + table);
        }
        transaction.commit();
    }

    std::vector<control::Candidate> claimable(int owner, int limit) override {
        // A test that was delayed for a minute must not see releases given up because of it.
        hand_.execute("UPDATE release_tasks SET rows_seen_at = " + hand_.dialect().now() +
                      " WHERE rows_seen_at > '2021-01-01'");
        return process(owner).get(process(owner).store().claimable(limit, limit));
    }
    std::optional<control::Claim> claim(int owner, ReleaseId id,
                                        const std::string& order_id) override {
        return process(owner).claim(id, order_id);
    }
    bool renew(int owner, const control::Claim& claim) override {
        control::Claim renewed = claim;
        return process(owner).get(process(owner).store().renew(renewed));
    }
    void give_back(int owner, const control::Claim& claim) override {
        require(process(owner).await(process(owner).store().give_back(claim)));
    }
    std::optional<Snapshot> read(int owner, const control::Claim& claim,
                                 std::optional<int> part) override {
        return process(owner).read(claim, part);
    }
    control::Committed commit(int owner, const control::Claim& claim,
                              const Commit& commit) override {
        return process(owner).commit(claim, commit);
    }
    std::vector<std::int64_t> row_ids(ReleaseId id) override {
        std::vector<std::int64_t> ids;
        for (const control::Row& row :
             hand_.query("SELECT id FROM release_task_nodes WHERE release_task_id = ? ORDER BY id",
                         {id.value})) {
            ids.push_back(row.integer_or(0, 0));
        }
        return ids;
    }
    void record(int owner, const control::Claim& claim, const HistoryRow& row) override {
        require(process(owner).await(process(owner).store().record(claim, row)));
    }

    void put_node(const test::InventoryRow& node) override {
        const Value version = node.applied_version ? Value{node.applied_version->value} : Value{};
        const std::string status = node.is_in_maintenance ? "maintenance"
                                   : node.is_online       ? "online"
                                                          : "offline";
        hand_.execute("DELETE FROM nodes WHERE id = ?", {node.id.value});
        hand_.execute(
            "INSERT INTO nodes (id, name, main_ip, agent_port, enabled, status, labels, "
            "cert_fingerprint, applied_version, applied_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
            "?, ?)",
            {node.id.value, node.address.name, node.address.ip, std::int64_t{node.address.port},
             std::int64_t{node.is_enabled ? 1 : 0}, status,
             control::write_labels(node.address.labels), null_if_empty(node.address.fingerprint),
             version, null_if_empty(node.applied_sha256)});
    }
    void delete_node(NodeId id) override {
        hand_.execute("DELETE FROM nodes WHERE id = ?", {id.value});
    }
    void insert_content(Version version, const std::string& payload) override {
        hand_.execute("INSERT INTO config_versions (version, payload) VALUES (?, ?)",
                      {version.value, payload});
    }
    void insert_release(const NewRelease& release) override {
        const test::ReleaseRow& row = release.row;
        Transaction transaction(hand_, Transaction::Kind::write);
        hand_.execute(
            "INSERT INTO release_tasks (id, version, status, requested_action, total_nodes, "
            "batch_config, not_before) VALUES (?, ?, ?, ?, ?, ?, ?)",
            {row.id.value, row.version.value, word(row.status), word(row.requested),
             std::int64_t{row.total_nodes}, null_if_empty(release.batch_config),
             written_moment(release.not_before)});
        for (const PlannedNode& node : release.nodes)
            insert_row(row.id, node);
        transaction.commit();
    }
    void edit_release(ReleaseId id, const ReleaseEdit& edit) override {
        const auto set = [&](const char* column, const Value& value) {
            hand_.execute(std::string("UPDATE release_tasks SET ") + column + " = ? WHERE id = ?",
                          {value, id.value});
        };
        if (edit.status) set("status", word(*edit.status));
        if (edit.requested) set("requested_action", word(*edit.requested));
        if (edit.total_nodes) set("total_nodes", std::int64_t{*edit.total_nodes});
        if (edit.not_before) set("not_before", written_moment(*edit.not_before));
        if (edit.claim_epoch) set("claim_epoch", *edit.claim_epoch);
        if (edit.ends_lease) set("lease_expires_at", std::string(past));
        if (edit.is_lease_far) set("lease_expires_at", std::string(ahead));
        if (edit.ages_rows_seen) {
            hand_.execute(
                "UPDATE release_tasks SET rows_seen_at = ? WHERE id = ? AND rows_seen_at IS NOT "
                "NULL",
                {std::string(past), id.value});
        }
    }
    void delete_release(ReleaseId id) override {
        hand_.execute("DELETE FROM release_task_nodes WHERE release_task_id = ?", {id.value});
        hand_.execute("DELETE FROM release_tasks WHERE id = ?", {id.value});
    }
    void insert_row(ReleaseId id, PlannedNode row) override {
        hand_.execute(
            "INSERT INTO release_task_nodes (release_task_id, node_id, batch) VALUES (?, ?, ?)",
            {id.value, row.node.value, std::int64_t{row.batch}});
    }
    void set_row(ReleaseId id, NodeId node, NodeStatus status) override {
        hand_.execute(
            "UPDATE release_task_nodes SET status = ? WHERE release_task_id = ? AND node_id = ?",
            {word(status), id.value, node.value});
    }
    void delete_row(ReleaseId id, NodeId node) override {
        hand_.execute("DELETE FROM release_task_nodes WHERE release_task_id = ? AND node_id = ?",
                      {id.value, node.value});
    }
    void age_running(ReleaseId id) override {
        hand_.execute(
            "UPDATE release_task_nodes SET started_at = ? WHERE release_task_id = ? AND status = "
            "'running' AND started_at IS NOT NULL",
            {std::string(past), id.value});
    }

    Picture tables() override {
        Picture picture;
        Transaction transaction(hand_, Transaction::Kind::read);
        const control::Rows tasks =
            hand_.query("SELECT release_task_id" + selected(task_columns()) +
                        " FROM release_task_nodes ORDER BY release_task_id, id");
        for (const control::Row& row : hand_.query("SELECT id" + selected(release_columns()) +
                                                   " FROM release_tasks ORDER BY id")) {
            const std::string name = "release " + row.text(0) + " ";
            add(picture, name, release_columns(), row);
            int number = 0;
            for (const control::Row& task : tasks) {
                if (task.text(0) != row.text(0)) continue;
                add(picture, name + "row " + std::to_string(++number) + " ", task_columns(), task);
            }
        }
        for (const control::Row& row :
             hand_.query("SELECT id" + selected(node_columns()) + " FROM nodes ORDER BY id")) {
            add(picture, "node " + row.text(0) + " ", node_columns(), row);
        }
        // The store itself writes status changes to the history; the simulator counts only the
        // other rows.
        picture.emplace_back(
            "history rows of the core's own",
            hand_
                .query("SELECT COUNT(*) FROM release_events WHERE kind NOT LIKE 'node%' AND kind "
                       "NOT LIKE 'release%' AND kind <> 'batch_started'")
                .at(0)
                .text(0));
        transaction.commit();
        return picture;
    }

  private:
    control::testing::Process& process(int owner) {
        return *processes_.at(static_cast<std::size_t>(owner));
    }
    template <class T>
    static void require(const T& result) {
        if (!result) throw std::runtime_error("database call failed: " + result.error().message);
    }
    template <class Row>
    static void add(Picture& picture, const std::string& prefix,
                    const std::vector<Column<Row>>& columns, const control::Row& row) {
        for (std::size_t i = 0; i < columns.size(); ++i)
            picture.emplace_back(prefix + columns[i].sql, row.text(i + 1));
    }

    std::vector<std::unique_ptr<control::testing::Process>>& processes_;
    Connection& hand_;
};

}  // namespace

std::unique_ptr<Side> make_store_side(
    std::vector<std::unique_ptr<control::testing::Process>>& processes, Connection& hand) {
    return std::make_unique<StoreSide>(processes, hand);
}

}  // namespace edgeroll::differential
