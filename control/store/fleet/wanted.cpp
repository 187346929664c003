#include "control/store/fleet/wanted.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "control/store/rows/columns.hpp"
#include "release/plan.hpp"
#include "release/reasons.hpp"
#include "release/wire/batch_config.hpp"

namespace edgeroll::control {
namespace {

/// A few releases cover most fleets; remaining nodes are looked up one by one, so that the whole
/// history is never read.
constexpr std::int64_t newest_read = 20;
/// Successes among which a plan for all nodes, or by labels, is looked for.
constexpr int plans_searched = 100;
/// Up to this many nodes are queried by id instead of reading all rows of a release.
constexpr std::size_t nodes_named_max = 200;

const std::string has_content =
    "t.type = 'apply_config' AND t.content_sha256 IS NOT NULL AND t.content_sha256 <> 'reload'";
const std::string is_success = has_content + " AND t.status = 'success'";
/// A release whose nodes are catching up counts as a success, whatever its status is meanwhile.
const std::string catches_up =
    has_content +
    " AND t.finished_at IS NULL AND t.catches_up = 1 AND t.status NOT IN ('success', 'failed', "
    "'cancelled')";
/// In a successful release no limit and no stop left a node out. Nodes that failed (tolerated, or
/// while catching up) or were out of service should therefore have the content as well. Exceptions:
/// rows added after the plan was made (a row skipped by an older process has no kind and counts as
/// planned), and rows cancelled by an operator.
const std::string is_meant_for_it =
    "r.status <> 'cancelled' AND (r.status <> 'skipped' OR COALESCE(r.reason_kind, '') <> '" +
    std::string(to_text(release::ReasonKind::added_late)) + "')";

struct Source {
    std::int64_t id = 0, version = 0;
    /// Edgeroll chose its nodes, and nothing undoes it: nodes that came later are chosen likewise.
    bool takes_more = false;
    std::string batch_config;
};

/// A release made from another one has that one's nodes, whoever chose them.
const std::string takes_more =
    "t.plan_sha256 IS NOT NULL AND t.rolls_back IS NULL AND t.from_release IS NULL AND NOT EXISTS "
    "(SELECT 1 FROM release_tasks undoing WHERE undoing.rolls_back = t.id)";

/// From release_tasks t.
Columns<Source> source_columns() {
    return {
        {"t.id", into<&Source::id>},
        {"t.version", into<&Source::version>},
        {"CASE WHEN " + takes_more + " THEN 1 ELSE 0 END", into<&Source::takes_more>},
        {"t.batch_config", into<&Source::batch_config>},
    };
}

std::vector<Source> sources(Connection& connection, const std::string& where,
                            const Values& values = {}) {
    return select_rows(connection, source_columns(), "FROM release_tasks t WHERE " + where, values);
}

class Search {
  public:
    Search(Connection& connection, std::vector<FleetMember>& members) : connection_(connection) {
        for (FleetMember& member : members)
            open_[member.node.id.value] = &member;
    }

    /// Reads from the newest release on until every node is covered. Returns the oldest version
    /// read, nothing when there are no older releases.
    std::optional<std::int64_t> read_newest() {
        std::vector<Source> newest =
            sources(connection_, is_success + " ORDER BY t.version DESC LIMIT ?", {newest_read});
        const bool has_older = newest.size() == static_cast<std::size_t>(newest_read);
        const std::int64_t oldest = newest.empty() ? 0 : newest.back().version;
        const std::vector<Source> under_way = sources(connection_, catches_up);
        newest.insert(newest.end(), under_way.begin(), under_way.end());
        std::sort(newest.begin(), newest.end(),
                  [](const Source& a, const Source& b) { return a.version > b.version; });
        for (const Source& source : newest) {
            if (open_.empty()) return std::nullopt;
            // Lower versions are handled with the older releases.
            if (has_older && source.version < oldest) under_way_.push_back(source);
            if (has_older && source.version < oldest) continue;
            read_release(source.id);
            take_more(source);
        }
        return has_older && !open_.empty() ? std::optional(oldest) : std::nullopt;
    }

    /// The last release of each node that none of the newest releases covers.
    void read_older(std::int64_t below) {
        std::map<std::int64_t, Source> last;  // by node
        std::int64_t least = below, newest_id = 0;
        for (const auto& [node, member] : open_) {
            const std::optional<Source> source = last_of(node, below);
            if (!source) continue;
            last[node] = *source;
            least = std::min(least, source->version);
            newest_id = std::max(newest_id, source->id);
        }
        std::vector<Source> others = under_way_;
        if (!last.empty()) {
            // Older releases may have later versions, since versions need not follow the ids.
            const std::vector<Source> earlier = sources(
                connection_, is_success + " AND t.version > ? AND t.version < ? AND t.id < ?",
                {least, below, newest_id});
            others.insert(others.end(), earlier.begin(), earlier.end());
        }
        std::sort(others.begin(), others.end(),
                  [](const Source& a, const Source& b) { return a.version > b.version; });
        const std::vector<Source> planned = older_plans(below);
        for (const auto& [node, member] : std::map(open_)) {
            const auto found = last.find(node);
            const Source known = found == last.end() ? Source{} : found->second;
            if (take_older(node, planned, known.version)) continue;
            for (const Source& other : others) {
                if (open_.count(node) == 0 || other.version <= known.version) break;
                if (found == last.end() || other.id < known.id || is_under_way(other)) {
                    read_release(other.id, node);
                }
            }
            if (open_.count(node) != 0 && found != last.end()) read_release(known.id, node);
        }
    }

  private:
    [[nodiscard]] bool is_under_way(const Source& source) const {
        return std::any_of(under_way_.begin(), under_way_.end(),
                           [&](const Source& one) { return one.id == source.id; });
    }

    /// Few, of a bounded part of the history.
    std::vector<Source> older_plans(std::int64_t below) {
        return sources(connection_,
                       "t.id IN (SELECT id FROM (SELECT t.id FROM release_tasks t WHERE " +
                           is_success + " AND t.version < ? ORDER BY t.version DESC LIMIT " +
                           std::to_string(plans_searched) + ") newest) AND " + takes_more +
                           " ORDER BY t.version DESC LIMIT " + std::to_string(newest_read),
                       {below});
    }

    std::optional<Source> last_of(std::int64_t node, std::int64_t below) {
        return select_row(connection_, source_columns(),
                          "FROM release_task_nodes r" + connection_.dialect().then_join() +
                              "release_tasks t ON t.id = r.release_task_id WHERE r.node_id = ? "
                              "AND " +
                              is_success + " AND t.version < ? AND " + is_meant_for_it +
                              " ORDER BY r.release_task_id DESC LIMIT 1",
                          {node, below});
    }

    /// Covers the open nodes that the release was meant for.
    void read_release(std::int64_t id) {
        turned_down_.clear();
        if (open_.size() > nodes_named_max) {
            read_rows("", {id});
            return;
        }
        Values values{id};
        for (const auto& [node, member] : open_)
            values.emplace_back(node);
        read_rows(" AND r.node_id IN (" + placeholders(open_.size()) + ")", values);
    }
    void read_release(std::int64_t id, std::int64_t node) {
        read_rows(" AND r.node_id = ?", {id, node});
    }

    void read_rows(const std::string& which, const Values& values) {
        struct Member {
            std::int64_t node = 0;
            release::ReleaseId release;
            release::Version version, release_version;
            std::string sha256;
            release::NodeStatus status = release::NodeStatus::skipped;
            bool is_meant = false;
        };
        const Columns<Member> columns{
            {"r.node_id", into<&Member::node>},
            {"t.id", into<&Member::release>},
            {"t.version", into<&Member::release_version>},
            {"r.status", word_into<release::NodeStatus::skipped, &Member::status>},
            {"CASE WHEN " + is_meant_for_it + " THEN 1 ELSE 0 END", into<&Member::is_meant>},
            {"CASE WHEN t.content_sha256 = 'mixed' THEN COALESCE(r.config_version, t.version) ELSE "
             "t.version END",
             into<&Member::version>},
            {"CASE WHEN t.content_sha256 <> 'mixed' OR r.config_version IS NULL THEN "
             "t.content_sha256 ELSE (SELECT c.sha256 FROM config_versions c WHERE c.version = "
             "r.config_version) END",
             into<&Member::sha256>},
        };
        const std::vector<Member> members =
            select_rows(connection_, columns,
                        "FROM release_tasks t JOIN release_task_nodes r ON r.release_task_id = "
                        "t.id WHERE t.id = ?" +
                            which,
                        values);
        for (const Member& member : members) {
            const auto found = open_.find(member.node);
            if (found == open_.end()) continue;
            if (!member.is_meant) {
                turned_down_.insert(member.node);
                continue;
            }
            found->second->wanted =
                WantedContent{member.release, member.version, member.release_version, member.sha256,
                              member.status};
            open_.erase(found);
        }
    }

    /// Covers the open nodes without a row that the release would be planned for today.
    void take_more(const Source& source) {
        const auto selector = open_.empty() ? std::nullopt : selector_of(source);
        if (!selector) return;
        for (auto one = open_.begin(); one != open_.end();) {
            const bool joins = !turned_down_.contains(one->first) && fits(*one->second, *selector);
            if (joins) one->second->wanted = joining(source);
            one = joins ? open_.erase(one) : std::next(one);
        }
    }

    /// The newest of the older releases that would be planned for the node today, above a version.
    bool take_older(std::int64_t node, const std::vector<Source>& planned, std::int64_t above) {
        FleetMember& member = *open_.at(node);
        for (const Source& source : planned) {
            if (source.version <= above) break;
            const auto selector = selector_of(source);
            if (!selector || !fits(member, *selector)) continue;
            const bool has_row =
                !connection_
                     .query(
                         "SELECT 1 FROM release_task_nodes WHERE release_task_id = ? AND "
                         "node_id = ?",
                         {source.id, node})
                     .empty();
            if (has_row) continue;
            member.wanted = joining(source);
            open_.erase(node);
            return true;
        }
        return false;
    }

    static std::optional<release::Selector> selector_of(const Source& source) {
        if (!source.takes_more) return std::nullopt;
        auto policy = release::wire::parse_batch_config(
            source.batch_config.empty() ? "{}" : source.batch_config);
        if (!policy || !policy->selector.nodes.empty()) return std::nullopt;
        return std::move(policy->selector);
    }

    static bool fits(const FleetMember& member, const release::Selector& selector) {
        return member.is_enabled && has_labels(member.node, selector);
    }

    WantedContent joining(const Source& source) {
        const Rows rows =
            connection_.query("SELECT content_sha256 FROM release_tasks WHERE id = ?", {source.id});
        return {release::ReleaseId{source.id}, release::Version{source.version},
                release::Version{source.version}, rows.at(0).text(0), std::nullopt};
    }

    Connection& connection_;
    std::map<std::int64_t, FleetMember*> open_;  ///< nodes without a release so far
    std::set<std::int64_t> turned_down_;  ///< their row in the release read last does not count
    std::vector<Source> under_way_;       ///< catching up, and older than the newest releases read
};

}  // namespace

void add_wanted(Connection& connection, std::vector<FleetMember>& members) {
    Search search(connection, members);
    if (const auto oldest = search.read_newest()) search.read_older(*oldest);
}

}  // namespace edgeroll::control
