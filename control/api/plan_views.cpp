// The plan of a release or a rollback and the nodes left out, for both real and dry runs.
#include <map>
#include <string>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/view_parts.hpp"
#include "control/api/views.hpp"

namespace edgeroll::control::api {
namespace {

using release::wire::Json;

/// One field per reason instead of one line per node: 10,000 lines of unmatched nodes would be
/// useless.
class Reasons {
  public:
    void add(const std::string& reason, const std::string& node_name, release::NodeId id) {
        auto [place, is_new] = at_.emplace(reason, list_.size());
        if (is_new) {
            Json entry = Json::object();
            entry[field::reason] = reason;
            entry[field::count] = 0;
            entry[field::nodes] = Json::array();
            list_.push_back(std::move(entry));
        }
        Json& entry = list_[place->second];
        entry[field::count] = entry[field::count].get<std::int64_t>() + 1;
        if (entry[field::nodes].size() >= named_max) return;
        entry[field::nodes].push_back(node_name.empty() ? "#" + std::to_string(id.value)
                                                        : node_name);
    }
    [[nodiscard]] Json take() { return std::move(list_); }

  private:
    static constexpr std::size_t named_max = 10;
    std::map<std::string, std::size_t> at_;
    Json list_ = Json::array();  ///< in order of first appearance
};

template <class LeftOver>
Json reasons_of(const std::vector<LeftOver>& nodes) {
    Reasons reasons;
    for (const LeftOver& node : nodes)
        reasons.add(node.reason, node.name, node.node);
    return reasons.take();
}

}  // namespace

Json json_of(const std::vector<release::LeftOut>& nodes) {
    Json list = Json::array();
    for (const release::LeftOut& node : nodes) {
        Json entry = Json::object();
        entry[field::node_id] = node.node.value;
        entry[field::node_name] = node.name;
        entry[field::reason] = node.reason;
        list.push_back(std::move(entry));
    }
    return list;
}

Json json_of(const CreatedRelease& created) {
    Json data = Json::object();
    data[field::release_id] = created.id.value == 0 ? Json(nullptr) : Json(created.id.value);
    data[field::version] = created.version.value;
    data[field::total_nodes] = created.plan.size();
    data[field::plan_sha256] = created.plan_sha256;
    Json batches = Json::array();
    for (const release::PlannedNode& node : created.plan) {
        list_of_batch(batches, node.batch, "nodeIds").push_back(node.node.value);
    }
    for (Json& batch : batches)
        batch[field::size] = batch[field::node_ids].size();
    data[field::batches] = std::move(batches);
    data[field::left_out] = json_of(created.left_out);
    data[field::left_out_reasons] = reasons_of(created.left_out);
    if (!created.without_secrets.empty()) {
        data[field::without_secrets] = reasons_of(created.without_secrets);
    }
    if (!created.unseen.empty()) data[field::unseen] = reasons_of(created.unseen);
    Json superseded = Json::array();
    for (const release::ReleaseId id : created.superseded)
        superseded.push_back(id.value);
    data[field::superseded] = std::move(superseded);
    return data;
}

Json json_of(const RolledBack& done) {
    Json data = json_of(done.created);
    Json nodes = Json::array();
    for (std::size_t at = 0; at < done.created.plan.size(); ++at) {
        const release::PlannedNode& planned = done.created.plan[at];
        const bool is_named = at < done.created.names.size();
        Json node = named_node(planned.node, is_named ? done.created.names[at] : "", planned.batch);
        const release::Version version = planned.config_version.value_or(release::Version{});
        const auto digest = done.digests.find(version);
        node[field::config_version] = version.value;
        node[field::sha256] = word_or_null(digest == done.digests.end() ? "" : digest->second);
        nodes.push_back(std::move(node));
    }
    data[field::nodes] = std::move(nodes);
    data[field::bans] = word_or_null(done.banned);
    Json left_alone = Json::array();
    for (const release::LeftAlone& left : done.left_alone) {
        Json node = Json::object();
        node[field::node_id] = left.node.value;
        node[field::node_name] = left.name;
        node[field::reason] = left.reason;
        left_alone.push_back(std::move(node));
    }
    data[field::left_alone] = std::move(left_alone);
    data[field::left_alone_reasons] = reasons_of(done.left_alone);
    return data;
}

}  // namespace edgeroll::control::api
