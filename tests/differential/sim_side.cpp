#include <stdexcept>

#include "release/wire/payload.hpp"
#include "tests/differential/side.hpp"

namespace edgeroll::differential {

using namespace release;

namespace {

/// The real digest, so that commits contain the same digest on both sides.
std::string real_digest(const std::string& text) {
    const auto payload = wire::parse_payload(text);
    if (!payload) throw std::runtime_error("payload: " + payload.error().message);
    return wire::content_digest(*payload);
}

std::optional<Instant> moment(When when) {
    if (when == When::none) return std::nullopt;
    return when == When::long_past ? now - long_ago : now + long_ago;
}

}  // namespace

SimSide::SimSide() : database_(lease, nullptr, real_digest) {}

std::vector<control::Candidate> SimSide::claimable(int, int limit) {
    return database_.claimable(limit, limit, now);
}

std::optional<control::Claim> SimSide::claim(int owner, ReleaseId id, const std::string& order_id) {
    const auto epoch = database_.claim(owner_name(owner), id, order_id, now);
    if (!epoch) return std::nullopt;
    return control::Claim{id, *epoch, owner_name(owner), now + lease};
}

bool SimSide::renew(int, const control::Claim& claim) {
    return database_.renew(claim, now);
}

void SimSide::give_back(int, const control::Claim& claim) {
    database_.give_back(claim, now);
}

std::optional<Snapshot> SimSide::read(int, const control::Claim& claim, std::optional<int> part) {
    return database_.read(claim, now, part);
}

control::Committed SimSide::commit(int, const control::Claim& claim, const Commit& commit) {
    return database_.commit(claim, commit, now);
}

std::vector<std::int64_t> SimSide::row_ids(ReleaseId id) {
    std::vector<std::int64_t> ids;
    for (const test::TaskRow& row : database_.rows(id))
        ids.push_back(row.row_id);
    return ids;
}

void SimSide::record(int, const control::Claim& claim, const HistoryRow& row) {
    database_.record(claim, row);
}

void SimSide::put_node(const test::InventoryRow& node) {
    database_.insert_node(node);
}

void SimSide::delete_node(NodeId id) {
    database_.inventory().erase(id);
}

void SimSide::insert_content(Version version, const std::string& payload) {
    database_.insert_content(version, payload);
}

void SimSide::insert_release(const NewRelease& release) {
    test::ReleaseRow row = release.row;
    row.not_before = moment(release.not_before);
    database_.insert_release(std::move(row), release.nodes, now);
}

void SimSide::edit_release(ReleaseId id, const ReleaseEdit& edit) {
    test::ReleaseRow& row = database_.release_row(id);
    if (edit.status) row.status = *edit.status;
    if (edit.requested) row.requested = *edit.requested;
    if (edit.total_nodes) row.total_nodes = *edit.total_nodes;
    if (edit.not_before) row.not_before = moment(*edit.not_before);
    if (edit.claim_epoch) row.claim_epoch.value = *edit.claim_epoch;
    if (edit.ends_lease) row.lease_until = now - long_ago;
    if (edit.is_lease_far) row.lease_until = now + long_ago;
    if (edit.ages_rows_seen) row.rows_grew_at = now - long_ago;
}

void SimSide::delete_release(ReleaseId id) {
    database_.delete_release(id);
}

void SimSide::insert_row(ReleaseId id, PlannedNode row) {
    database_.insert_rows(id, {row});
}

void SimSide::set_row(ReleaseId id, NodeId node, NodeStatus status) {
    database_.set_row_by_hand(id, node, status, now);
}

void SimSide::delete_row(ReleaseId id, NodeId node) {
    database_.delete_row(id, node);
}

void SimSide::age_running(ReleaseId id) {
    for (test::TaskRow& row : database_.rows_by_hand(id)) {
        if (row.status == NodeStatus::running && row.started_at) row.started_at = now - long_ago;
    }
}

namespace {

template <class Row>
void add(Picture& picture, const std::string& prefix, const std::vector<Column<Row>>& columns,
         const Row& row) {
    for (const Column<Row>& column : columns)
        picture.emplace_back(prefix + column.sql, column.of(row));
}

}  // namespace

Picture SimSide::tables() {
    Picture picture;
    for (const auto& [id, row] : database_.releases()) {
        const std::string name = "release " + std::to_string(id.value) + " ";
        add(picture, name, release_columns(), row);
        int number = 0;
        for (const test::TaskRow& task : database_.rows(id))
            add(picture, name + "row " + std::to_string(++number) + " ", task_columns(), task);
    }
    for (const auto& [id, node] : database_.inventory())
        add(picture, "node " + std::to_string(id.value) + " ", node_columns(), node);
    picture.emplace_back("history rows of the core's own",
                         std::to_string(database_.history_rows()));
    return picture;
}

}  // namespace edgeroll::differential
