#include "control/api/views.hpp"

#include <limits>
#include <string>
#include <string_view>

#include "control/api/waiting.hpp"

namespace edgeroll::control::api {
namespace {

using release::wire::Json;

/// Words and times that may be missing are null; free text is always a string.
Json word_or_null(std::string_view text) {
    return text.empty() ? Json(nullptr) : Json(std::string(text));
}

Json json_of_release(const ReleaseSummary& release, const std::vector<ReleaseNodeView>& nodes) {
    Json data = Json::object();
    data["releaseId"] = release.id.value;
    data["type"] = release.type;
    data["target"] = release.target;
    data["version"] = release.version.value;
    data["status"] = std::string(to_text(release.status));
    data["batchStatus"] = word_or_null(to_text(release.batch_status));
    data["currentBatch"] = release.current_batch;
    data["totalBatches"] = release.total_batches;
    data["totalNodes"] = release.total_nodes;
    data["successNodes"] = release.success_nodes;
    data["failedNodes"] = release.failed_nodes;
    data["skippedNodes"] = release.counts.skipped;
    data["deferredNodes"] = release.counts.deferred;
    data["cancelledNodes"] = release.counts.cancelled;
    data["waitingFor"] = waiting_for(release, nodes);
    data["lastError"] = release.last_error;
    data["reason"] = release.reason;
    data["createdBy"] = release.created_by;
    data["createdAt"] = word_or_null(release.created_at);
    data["updatedAt"] = word_or_null(release.updated_at);
    data["startedAt"] = word_or_null(release.started_at);
    data["finishedAt"] = word_or_null(release.finished_at);
    return data;
}

Json json_of_row(const ReleaseNodeView& node) {
    Json data = Json::object();
    data["nodeId"] = node.id.value;
    data["nodeName"] = node.name;
    data["status"] = std::string(to_text(node.status));
    data["attempt"] = node.attempt;
    data["failureKind"] = word_or_null(to_text(node.failure));
    data["errorMsg"] = node.error;
    data["startedAt"] = word_or_null(node.started_at);
    data["finishedAt"] = word_or_null(node.finished_at);
    data["progress"] = node.progress;
    return data;
}

/// Appends to the last batch of the list, or begins the next: rows come in the order of batches.
Json& list_of_batch(Json& batches, int batch, const char* list_name) {
    if (batches.empty() || batches.back()["batch"] != batch) {
        Json entry = Json::object();
        entry["batch"] = batch;
        entry[list_name] = Json::array();
        batches.push_back(std::move(entry));
    }
    return batches.back()[list_name];
}

}  // namespace

Json json_of(const ReleaseSummary& release) {
    return json_of_release(release, {});
}

Json json_of(const ReleaseView& view) {
    Json data = json_of_release(view.summary, view.nodes);
    Json batches = Json::array();
    for (const ReleaseNodeView& node : view.nodes) {
        list_of_batch(batches, node.batch, "nodes").push_back(json_of_row(node));
    }
    data["batches"] = std::move(batches);
    return data;
}

Json json_of(const std::vector<release::LeftOut>& nodes) {
    Json list = Json::array();
    for (const release::LeftOut& node : nodes) {
        Json entry = Json::object();
        entry["nodeId"] = node.node.value;
        entry["nodeName"] = node.name;
        entry["reason"] = node.reason;
        list.push_back(std::move(entry));
    }
    return list;
}

Json json_of(const CreatedRelease& created) {
    Json data = Json::object();
    data["releaseId"] = created.id.value == 0 ? Json(nullptr) : Json(created.id.value);
    data["version"] = created.version.value;
    data["totalNodes"] = created.plan.size();
    data["planSha256"] = created.plan_sha256;
    Json batches = Json::array();
    for (const release::PlannedNode& node : created.plan) {
        list_of_batch(batches, node.batch, "nodeIds").push_back(node.node.value);
    }
    for (Json& batch : batches)
        batch["size"] = batch["nodeIds"].size();
    data["batches"] = std::move(batches);
    data["leftOut"] = json_of(created.left_out);
    Json superseded = Json::array();
    for (const release::ReleaseId id : created.superseded)
        superseded.push_back(id.value);
    data["superseded"] = std::move(superseded);
    return data;
}

Json json_of(const NodeView& node) {
    Json data = Json::object();
    data["id"] = node.id.value;
    data["name"] = node.name;
    data["mainIp"] = node.main_ip;
    data["agentPort"] = node.agent_port;
    data["enabled"] = node.is_enabled;
    data["status"] = node.status;
    Json labels = Json::object();
    for (const auto& [name, value] : node.labels)
        labels[name] = value;
    data["labels"] = std::move(labels);
    data["certFingerprint"] = word_or_null(node.cert_fingerprint);
    data["appliedVersion"] =
        node.applied_version ? Json(node.applied_version->value) : Json(nullptr);
    data["appliedSha256"] = word_or_null(node.applied_sha256);
    data["wantedVersion"] = node.wanted_version ? Json(node.wanted_version->value) : Json(nullptr);
    data["wantedSha256"] = word_or_null(node.wanted_sha256);
    data["hasDrift"] = node.has_drift;
    data["lastSeenAt"] = word_or_null(node.last_seen_at);
    data["createdAt"] = word_or_null(node.created_at);
    data["updatedAt"] = word_or_null(node.updated_at);
    return data;
}

Json json_of(const ConfigView& config, bool has_payload) {
    Json data = Json::object();
    data["version"] = config.version.value;
    data["sha256"] = word_or_null(config.sha256);
    data["note"] = config.note;
    data["createdBy"] = config.created_by;
    data["createdAt"] = word_or_null(config.created_at);
    if (!has_payload) return data;
    // A pipeline may have inserted anything: what is no JSON is shown as the text that it is.
    auto payload =
        release::wire::parse_json(config.payload, std::numeric_limits<std::size_t>::max());
    data["payload"] = payload ? std::move(*payload) : Json(config.payload);
    return data;
}

}  // namespace edgeroll::control::api
