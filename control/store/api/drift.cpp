#include "control/store/api/drift.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/core/node_address.hpp"
#include "control/store/rows/columns.hpp"
#include "control/store/rows/node_facts.hpp"
#include "control/store/rows/observed_columns.hpp"
#include "control/store/rows/sql_parts.hpp"
#include "release/reasons.hpp"
#include "release/wire/template.hpp"
#include "release/words.hpp"

namespace edgeroll::control {
namespace {

/// A few releases cover most fleets; remaining nodes are looked up one by one, so that the whole
/// history is never read.
constexpr std::int64_t newest_read = 20;
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
};

std::vector<Source> sources(Connection& connection, const std::string& where,
                            const Values& values = {}) {
    std::vector<Source> found;
    for (const Row& row :
         connection.query("SELECT t.id, t.version FROM release_tasks t WHERE " + where, values)) {
        found.push_back({row.integer_or(0, 0), row.integer_or(1, 0)});
    }
    return found;
}

class Wanted {
  public:
    Wanted(Connection& connection, std::vector<NodeView>& nodes) : connection_(connection) {
        for (NodeView& node : nodes)
            open_[node.id.value] = &node;
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
            if (!has_older || source.version >= oldest) read_release(source.id);
        }
        return has_older && !open_.empty() ? std::optional(oldest) : std::nullopt;
    }

    /// The last release of each node that none of the newest releases covers.
    void read_older(std::int64_t below) {
        std::map<std::int64_t, Source> last;  // by node
        std::int64_t least = below, newest_id = 0;
        for (const auto& [node, view] : open_) {
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
        for (const auto& [node, view] : std::map(open_)) {
            const auto found = last.find(node);
            const Source known = found == last.end() ? Source{} : found->second;
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

    std::optional<Source> last_of(std::int64_t node, std::int64_t below) {
        const Rows rows = connection_.query(
            "SELECT t.id, t.version FROM release_task_nodes r" + connection_.dialect().then_join() +
                "release_tasks t ON t.id = r.release_task_id WHERE r.node_id = ? AND " +
                is_success + " AND t.version < ? AND " + is_meant_for_it +
                " ORDER BY r.release_task_id DESC LIMIT 1",
            {node, below});
        if (rows.empty()) return std::nullopt;
        return Source{rows[0].integer_or(0, 0), rows[0].integer_or(1, 0)};
    }

    /// Covers the open nodes that the release was meant for.
    void read_release(std::int64_t id) {
        if (open_.size() > nodes_named_max) {
            read_rows("", {id});
            return;
        }
        Values values{id};
        for (const auto& [node, view] : open_)
            values.emplace_back(node);
        read_rows(" AND r.node_id IN (" + placeholders(open_.size()) + ")", values);
    }
    void read_release(std::int64_t id, std::int64_t node) {
        read_rows(" AND r.node_id = ?", {id, node});
    }

    void read_rows(const std::string& which, const Values& values) {
        struct Member {
            std::int64_t node = 0;
            release::Version version;
            std::string sha256;
        };
        const Columns<Member> columns{
            {"r.node_id", into<&Member::node>},
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
                            which + " AND " + is_meant_for_it,
                        values);
        for (const Member& member : members) {
            const auto found = open_.find(member.node);
            if (found == open_.end()) continue;
            found->second->wanted_version = member.version;
            found->second->wanted_sha256 = member.sha256;
            open_.erase(found);
        }
    }

    Connection& connection_;
    std::map<std::int64_t, NodeView*> open_;  ///< nodes without a release so far
    std::vector<Source> under_way_;  ///< catching up, and older than the newest releases read
};

std::set<std::int64_t> unfinished_versions(Connection& connection) {
    std::set<std::int64_t> versions;
    for (const Row& row :
         connection.query("SELECT version FROM release_tasks WHERE " + is_unfinished())) {
        versions.insert(row.integer_or(0, 0));
    }
    return versions;
}

bool is_one_of(const std::set<std::int64_t>& versions,
               const std::optional<release::Version>& version) {
    return version && versions.contains(version->value);
}

/// Of the wanted content, as they are now; empty where there is nothing to compare them with.
std::string facts_now(Connection& connection, TemplateBook& templates, const NodeView& node) {
    const bool has_facts = !node.observed.facts_sha256.empty();
    if (!has_facts || node.observed.sha256 != node.wanted_sha256) return {};
    const auto names = templates.names(connection, node.wanted_sha256);
    return release::wire::facts_digest(names, node.name, address_or_text(node.main_ip),
                                       node.labels);
}

}  // namespace

void add_wanted(Connection& connection, TemplateBook& templates, std::vector<NodeView>& nodes) {
    Wanted wanted(connection, nodes);
    if (const auto oldest = wanted.read_newest()) wanted.read_older(*oldest);
    const std::set<std::int64_t> unfinished = unfinished_versions(connection);
    for (NodeView& node : nodes) {
        if (!node.wanted_version) continue;
        node.drift = release::drift_of(node.wanted_sha256,
                                       {node.applied_version, node.applied_sha256, node.observed,
                                        facts_now(connection, templates, node)});
        // An unfinished release has put its own content there, or is about to say so.
        const bool is_being_released = is_one_of(unfinished, node.applied_version) ||
                                       is_one_of(unfinished, node.observed.version);
        if (node.drift == release::DriftKind::behind && is_being_released) {
            node.drift = release::DriftKind::none;
        }
    }
}

std::map<std::string, std::int64_t> count_drifting(Connection& connection,
                                                   TemplateBook& templates) {
    const Columns<NodeView> columns{
        {"id", into<&NodeView::id>},
        {"name", into<&NodeView::name>},
        {"main_ip", into<&NodeView::main_ip>},
        {"labels",
         [](NodeView& node, const Field& field) { node.labels = read_labels(field.text()); }},
        {"applied_version", into<&NodeView::applied_version>},
        {"applied_sha256", into<&NodeView::applied_sha256>},
    };
    std::vector<NodeView> nodes = select_rows(
        connection, columns.with(observed_columns<&NodeView::observed>()), "FROM nodes");
    add_wanted(connection, templates, nodes);
    std::map<std::string, std::int64_t> counts;
    for (const release::DriftKind kind : release::enum_values<release::DriftKind>) {
        if (kind != release::DriftKind::none) counts[std::string(to_text(kind))] = 0;
    }
    for (const NodeView& node : nodes) {
        if (node.drift != release::DriftKind::none) ++counts[std::string(to_text(node.drift))];
    }
    return counts;
}

}  // namespace edgeroll::control
