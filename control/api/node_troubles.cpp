#include "control/api/node_troubles.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "control/api/names/field_names.hpp"
#include "release/text/utf8.hpp"

namespace edgeroll::control::api {
namespace {

using release::wire::Json;

constexpr std::size_t names_max = 50;
constexpr std::size_t message_bytes_max = 200;

struct Kind {
    release::ReasonKind reason;
    const char* one;  ///< predicate of the message
    const char* many;
};
constexpr std::array<Kind, 3> kinds{
    {{release::ReasonKind::unreachable, "is unreachable", "are unreachable"},
     {release::ReasonKind::refusing, "refuses the task", "refuse the task"},
     {release::ReasonKind::silent, "says nothing of it", "say nothing of it"}}};

using Troubled = const ReleaseNodeView*;

/// Nodes with one kind of trouble, by deadline, earliest first.
std::vector<Troubled> find(std::span<const ReleaseNodeView> nodes, release::ReasonKind reason) {
    std::vector<Troubled> found;
    for (const ReleaseNodeView& node : nodes) {
        if (node.status == release::NodeStatus::running && node.reason == reason) {
            found.push_back(&node);
        }
    }
    std::stable_sort(found.begin(), found.end(), [](Troubled a, Troubled b) {
        return !a->trouble_until.empty() &&
               (b->trouble_until.empty() || a->trouble_until < b->trouble_until);
    });
    return found;
}

}  // namespace

Json json_of_troubled(std::span<const ReleaseNodeView> nodes) {
    Json all = Json::array();
    for (const Kind& kind : kinds) {
        const std::vector<Troubled> found = find(nodes, kind.reason);
        if (found.empty()) continue;
        Json names = Json::array();
        std::string since;
        for (const Troubled one : found) {
            if (names.size() < names_max) names.push_back(one->name);
            const std::string& began = one->started_at;
            if (since.empty() || (!began.empty() && began < since)) since = began;
        }
        const ReleaseNodeView& first = *found.front();
        Json json = Json::object();
        json[field::kind] = std::string(to_text(kind.reason));
        json[field::count] = found.size();
        json[field::nodes] = std::move(names);
        json[field::since] = since.empty() ? Json(nullptr) : Json(since);
        json[field::until] =
            first.trouble_until.empty() ? Json(nullptr) : Json(first.trouble_until);
        json[field::message] = first.trouble;
        all.push_back(std::move(json));
    }
    return all;
}

std::string troubled_text(std::span<const ReleaseNodeView> nodes) {
    std::string text;
    for (const Kind& kind : kinds) {
        const std::vector<Troubled> found = find(nodes, kind.reason);
        if (found.empty()) continue;
        const ReleaseNodeView& first = *found.front();
        text += "; " + std::to_string(found.size()) +
                (found.size() == 1 ? std::string(" node ") + kind.one
                                   : std::string(" nodes ") + kind.many);
        if (!first.trouble_until.empty()) text += ", until " + first.trouble_until + " at most";
        text += " (" + release::cut_utf8(first.trouble, message_bytes_max) + ")";
    }
    return text;
}

}  // namespace edgeroll::control::api
