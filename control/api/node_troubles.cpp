#include "control/api/node_troubles.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "release/text/utf8.hpp"

namespace edgeroll::control::api {
namespace {

using release::wire::Json;

constexpr std::size_t names_max = 50;
constexpr std::size_t message_bytes_max = 200;
constexpr std::string_view given_up = " (given up at ";
constexpr std::string_view earlier_attempt = "; attempt ";

struct Kind {
    std::string_view word;  ///< as in Conversation::trouble
    const char* one;        ///< what the nodes do
    const char* many;
};
constexpr std::array<Kind, 3> kinds{{{"unreachable", "is unreachable", "are unreachable"},
                                     {"refusing", "refuses the task", "refuse the task"},
                                     {"silent", "says nothing of it", "say nothing of it"}}};

struct Troubled {
    const ReleaseNodeView* node = nullptr;
    std::string message, until;
};

/// Of one kind, the first to be given up first.
std::vector<Troubled> find(std::span<const ReleaseNodeView> nodes, std::string_view word) {
    std::vector<Troubled> found;
    for (const ReleaseNodeView& node : nodes) {
        if (node.status != release::NodeStatus::running) continue;
        if (!node.error.starts_with(word) || node.error.substr(word.size(), 2) != ": ") continue;
        std::string message = node.error.substr(word.size() + 2);
        message = message.substr(0, message.find(earlier_attempt));
        std::string until;
        if (const auto end = message.rfind(given_up); end != std::string::npos) {
            until = message.substr(end + given_up.size());
            until = until.substr(0, until.find(')'));
            message.resize(end);
        }
        found.push_back(Troubled{&node, std::move(message), std::move(until)});
    }
    std::stable_sort(found.begin(), found.end(), [](const Troubled& a, const Troubled& b) {
        return !a.until.empty() && (b.until.empty() || a.until < b.until);
    });
    return found;
}

}  // namespace

Json json_of_troubled(std::span<const ReleaseNodeView> nodes) {
    Json all = Json::array();
    for (const Kind& kind : kinds) {
        const std::vector<Troubled> found = find(nodes, kind.word);
        if (found.empty()) continue;
        Json names = Json::array();
        std::string since;
        for (const Troubled& one : found) {
            if (names.size() < names_max) names.push_back(one.node->name);
            const std::string& began = one.node->started_at;
            if (since.empty() || (!began.empty() && began < since)) since = began;
        }
        const Troubled& first = found.front();
        Json json = Json::object();
        json["kind"] = kind.word;
        json["count"] = found.size();
        json["nodes"] = std::move(names);
        json["since"] = since.empty() ? Json(nullptr) : Json(since);
        json["until"] = first.until.empty() ? Json(nullptr) : Json(first.until);
        json["message"] = first.message;
        all.push_back(std::move(json));
    }
    return all;
}

std::string troubled_text(std::span<const ReleaseNodeView> nodes) {
    std::string text;
    for (const Kind& kind : kinds) {
        const std::vector<Troubled> found = find(nodes, kind.word);
        if (found.empty()) continue;
        const Troubled& first = found.front();
        text += "; " + std::to_string(found.size()) +
                (found.size() == 1 ? std::string(" node ") + kind.one
                                   : std::string(" nodes ") + kind.many);
        if (!first.until.empty()) text += ", until " + first.until + " at most";
        text += " (" + release::cut_utf8(first.message, message_bytes_max) + ")";
    }
    return text;
}

}  // namespace edgeroll::control::api
