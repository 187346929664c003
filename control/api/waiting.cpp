#include "control/api/waiting.hpp"

#include <algorithm>
#include <string>

namespace edgeroll::control::api {
namespace {

using release::BatchStatus;
using release::NodeStatus;
using release::ReleaseStatus;
using release::wire::Json;

constexpr std::size_t names_max = 50;

std::string counted(int number, const char* thing) {
    return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

std::string versions_text(const std::vector<release::Version>& versions) {
    std::string text;
    for (const release::Version version : versions) {
        if (!text.empty()) text += ", ";
        text += std::to_string(version.value);
    }
    return text;
}

std::string blocked_text(const ReleaseSummary& release) {
    return std::string("waits for the ") +
           (release.blockers.size() == 1 ? "release of version " : "releases of versions ") +
           versions_text(release.blockers) + ", which shares nodes with it and goes first";
}

/// Names of running nodes, lowest id first.
Json running_names(const std::vector<ReleaseNodeView>& nodes) {
    Json names = Json::array();
    for (const ReleaseNodeView& node : nodes) {
        if (node.status != NodeStatus::running) continue;
        if (names.size() == names_max) break;
        names.push_back(node.name.empty() ? "#" + std::to_string(node.id.value) : node.name);
    }
    return names;
}

std::string pending_reason(const ReleaseSummary& release) {
    if (!release.is_due) return "not before " + release.not_before;
    if (!release.last_error.empty()) return release.last_error;
    if (!release.blockers.empty()) return blocked_text(release);
    if (release.has_lease) return "is being started";
    return "waits for a control process that runs releases to claim it";
}

std::string running_reason(const ReleaseSummary& release) {
    std::string reason;
    if (!release.has_lease) {
        reason = "no control process holds its claim now; the next one to look takes it over";
    } else if (release.counts.running > 0) {
        reason = counted(release.counts.running, "node") + " of batch " +
                 std::to_string(release.current_batch) + " in progress";
    } else if (!release.blockers.empty()) {
        reason = blocked_text(release);
    } else {
        reason = "the next batch is being started";
    }
    return reason;
}

std::string reason_of(const ReleaseSummary& release) {
    const bool is_stopping =
        release.requested_action == "stop" || release.batch_status == BatchStatus::stopped;
    if (is_stopping) {
        return release.counts.running == 0
                   ? "is being stopped"
                   : "is being stopped: " + counted(release.counts.running, "running node") +
                         " must end first";
    }
    switch (release.status) {
        case ReleaseStatus::pending:
            return pending_reason(release);
        case ReleaseStatus::paused:
            if (release.requested_action == "continue") return "is about to continue";
            return release.last_error.empty() ? "is paused until somebody continues or stops it"
                                              : "is paused: " + release.last_error;
        default:
            break;
    }
    std::string reason = running_reason(release);
    if (release.requested_action == "pause") reason += "; pauses when this batch is done";
    return reason;
}

}  // namespace

Json waiting_for(const ReleaseSummary& release, const std::vector<ReleaseNodeView>& nodes) {
    if (is_final(release.status)) return nullptr;
    const bool is_until_known = release.status == ReleaseStatus::pending && !release.is_due;
    Json waiting = Json::object();
    waiting["reason"] = reason_of(release);
    waiting["nodes"] = running_names(nodes);
    waiting["until"] = is_until_known ? Json(release.not_before) : Json(nullptr);
    return waiting;
}

}  // namespace edgeroll::control::api
