#include "control/store/engine/fleet_store.hpp"

#include <string>
#include <utility>

#include "control/core/node_address.hpp"
#include "control/store/rows/column_text.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/observed_columns.hpp"
#include "control/store/rows/sql_parts.hpp"

namespace edgeroll::control {
namespace {

using release::Sighting;
using release::WatchedNode;

/// Members are few; those that are gone for a day are forgotten.
constexpr release::Millis member_kept{86'400'000};

Columns<WatchedNode> watched_columns(const Dialect& dialect) {
    constexpr auto address = &WatchedNode::address;
    return Columns<WatchedNode>{
        {"id", into<&WatchedNode::node>},
        {"name", into<address, &release::Address::name>},
        {"main_ip", [](WatchedNode& node,
                       const Field& field) { node.address.ip = address_or_text(field.text()); }},
        {"agent_port", into<address, &release::Address::port>},
        {"cert_fingerprint",
         [](WatchedNode& node, const Field& field) {
             node.address.fingerprint = normal_fingerprint(field.text());
         }},
        {"CASE WHEN status = 'online' THEN 1 ELSE 0 END", into<&WatchedNode::is_online>},
        {"CASE WHEN status = 'offline' AND offline_since IS NOT NULL THEN 1 ELSE 0 END",
         into<&WatchedNode::is_marked>},
        {"CASE WHEN status <> 'offline' AND offline_since IS NOT NULL THEN 1 ELSE 0 END",
         into<&WatchedNode::has_old_mark>},
        {"applied_version", possible_version_into<&WatchedNode::applied_version>},
        {"applied_sha256", into<&WatchedNode::applied_sha256>},
        {"COALESCE(" + dialect.age_ms("last_seen_at") + ", -1)", into<&WatchedNode::unseen_for>},
    }
        .with(observed_columns<&WatchedNode::observed>());
}

Membership join_members(Connection& connection, const std::string& name, release::Millis lease) {
    const Dialect& dialect = connection.dialect();
    Membership membership;
    Transaction transaction(connection, Transaction::Kind::write);
    const std::string renew =
        "UPDATE control_members SET " + lease_columns(dialect, lease) + " WHERE name = ?";
    // Not by the count of changed rows, which is 0 where nothing differs.
    connection.execute(dialect.insert_ignore() + "control_members (name) VALUES (?)", {name});
    connection.execute(renew, {name});
    for (const Row& row : connection.query("SELECT name FROM control_members WHERE NOT " +
                                           is_lease_free(dialect) + " ORDER BY name")) {
        membership.members.push_back(row.text(0));
    }
    for (const Row& row :
         connection.query("SELECT name FROM control_members WHERE lease_expires_at < " +
                          dialect.now_plus(-member_kept))) {
        connection.execute("DELETE FROM control_members WHERE name = ?", {row.text(0)});
    }
    transaction.commit();
    for (const Row& row :
         connection.query("SELECT COUNT(*), MAX(id), SUM(enabled), MAX(updated_at) FROM nodes")) {
        for (std::size_t i = 0; i < 4; ++i)
            membership.inventory_mark += row.text(i) + " ";
    }
    return membership;
}

/// Keeps `row` as the row is then.
void take_observation(Connection& connection, const Sighting& sighting, WatchedNode& row) {
    if (!takes_observation(row, sighting)) return;
    const release::Observation& seen = *sighting.observed;
    connection.execute(
        "UPDATE nodes SET observed_content = ?, observed_version = ?, observed_sha256 = ?, "
        "observed_facts_sha256 = ?, observed_remark = ?, agent_version = ?, capabilities = ?, "
        "updated_at = updated_at WHERE id = ?",
        {null_if_empty(std::string(to_text(seen.content))),
         seen.version ? Value{seen.version->value} : Value{}, null_if_empty(seen.sha256),
         null_if_empty(seen.facts_sha256), null_if_empty(fitted(seen.remark)),
         null_if_empty(fitted(seen.agent_version, word_bytes_max)),
         null_if_empty(fitted(seen.capabilities, word_bytes_max)), sighting.node.value});
    row.observed = seen;
}

void take_mark(Connection& connection, const Sighting& sighting, WatchedNode& row) {
    if (!takes_mark(row, sighting)) return;
    const Dialect& dialect = connection.dialect();
    const bool is_offline = sighting.mark == Sighting::Mark::offline;
    const bool is_online = sighting.mark == Sighting::Mark::online;
    std::string columns = "offline_since = NULL";
    if (is_offline) {
        columns = "status = 'offline', offline_since = " + dialect.now_plus(-sighting.silent_for);
    } else if (is_online) {
        columns += ", status = 'online'";
    }
    connection.execute(
        "UPDATE nodes SET " + columns + ", updated_at = " + dialect.now() + " WHERE id = ?",
        {sighting.node.value});
    row.has_old_mark = false;
    row.is_marked = is_offline;
    if (is_offline || is_online) row.is_online = is_online;
}

bool is_member(Connection& connection, const std::string& name) {
    return !connection
                .query("SELECT 1 FROM control_members WHERE name = ? AND NOT " +
                           is_lease_free(connection.dialect()),
                       {name})
                .empty();
}

std::vector<WatchedNode> write_sightings(Connection& connection, const std::string& member,
                                         std::vector<Sighting> sightings) {
    if (sightings.empty()) return {};
    const Dialect& dialect = connection.dialect();
    Values ids, seen;
    for (const Sighting& sighting : sightings)
        ids.emplace_back(sighting.node.value);
    Transaction transaction(connection, Transaction::Kind::write);
    // What a stalled database does late must not count where others watch these nodes by now.
    if (!is_member(connection, member)) {
        for (Sighting& sighting : sightings) {
            if (sighting.mark == Sighting::Mark::offline) sighting.mark = Sighting::Mark::none;
        }
    }
    // Ascending, as releases lock them; a row that somebody else has locked waits for its next
    // heartbeat, and holds up nobody.
    std::vector<WatchedNode> rows =
        select_rows(connection, watched_columns(dialect),
                    "FROM nodes WHERE id IN (" + placeholders(ids.size()) +
                        ") AND enabled = 1 ORDER BY id" + dialect.for_update_of_free_rows(),
                    ids);
    auto sighting = sightings.begin();
    for (WatchedNode& row : rows) {
        while (sighting->node < row.node)
            ++sighting;
        take_observation(connection, *sighting, row);
        take_mark(connection, *sighting, row);
        if (sighting->is_seen) seen.emplace_back(row.node.value);
    }
    if (!seen.empty()) {
        connection.execute("UPDATE nodes SET last_seen_at = " + dialect.now() +
                               ", updated_at = updated_at WHERE id IN (" +
                               placeholders(seen.size()) + ")",
                           seen);
    }
    transaction.commit();
    return rows;
}

class FleetDatabase final : public FleetStore {
  public:
    explicit FleetDatabase(DbThreads& threads) : threads_(threads) {}

    awaitable<release::Result<Membership>> join(std::string name, release::Millis lease) override {
        auto work = [name = fitted(name, word_bytes_max), lease](Connection& connection) {
            return join_members(connection, name, lease);
        };
        return threads_.run(Access::repeatable, std::move(work), Urgency::normal);
    }

    awaitable<release::Result<void>> leave(std::string name) override {
        auto work = [name = fitted(name, word_bytes_max)](Connection& connection) {
            connection.execute("DELETE FROM control_members WHERE name = ?", {name});
        };
        return threads_.run(Access::repeatable, std::move(work), Urgency::normal);
    }

    awaitable<release::Result<std::vector<WatchedNode>>> nodes() override {
        auto work = [](Connection& connection) {
            return select_rows(connection, watched_columns(connection.dialect()),
                               "FROM nodes WHERE enabled = 1 ORDER BY id");
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }

    awaitable<release::Result<std::vector<WatchedNode>>> write(
        std::string member, std::vector<Sighting> sightings) override {
        auto work = [member = fitted(member, word_bytes_max),
                     sightings = std::move(sightings)](Connection& connection) {
            return write_sightings(connection, member, sightings);
        };
        return threads_.run(Access::repeatable, std::move(work), Urgency::normal);
    }

  private:
    DbThreads& threads_;
};

}  // namespace

std::unique_ptr<FleetStore> make_fleet_store(DbThreads& threads) {
    return std::make_unique<FleetDatabase>(threads);
}

}  // namespace edgeroll::control
