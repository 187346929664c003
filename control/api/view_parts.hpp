// Common parts of several answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "release/evidence.hpp"
#include "release/ids.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

/// Missing words and times are null; free text is always a string.
[[nodiscard]] inline release::wire::Json word_or_null(std::string_view text) {
    return text.empty() ? release::wire::Json(nullptr) : release::wire::Json(std::string(text));
}

/// The detail of evidence. Nothing but JSON is shown: other text is not edgeroll's.
[[nodiscard]] inline release::wire::Json detail_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    auto parsed = release::wire::parse_json(text, release::evidence_detail_bytes_max);
    return parsed ? std::move(*parsed) : release::wire::Json(nullptr);
}

/// The words of release/node_evidence.hpp as a list; null: not recorded, or the agent does not say.
[[nodiscard]] release::wire::Json evidence_or_null(const std::optional<std::string>& words);

/// Appends to the last batch of the list or begins the next: rows are ordered by batch.
[[nodiscard]] inline release::wire::Json& list_of_batch(release::wire::Json& batches, int batch,
                                                        const char* list_name) {
    if (batches.empty() || batches.back()["batch"] != batch) {
        release::wire::Json entry = release::wire::Json::object();
        entry["batch"] = batch;
        entry[list_name] = release::wire::Json::array();
        batches.push_back(std::move(entry));
    }
    return batches.back()[list_name];
}

/// `{nodeId,nodeName,batch}`
[[nodiscard]] inline release::wire::Json named_node(release::NodeId id, const std::string& name,
                                                    int batch) {
    release::wire::Json node = release::wire::Json::object();
    node["nodeId"] = id.value;
    node["nodeName"] = name;
    node["batch"] = batch;
    return node;
}

}  // namespace edgeroll::control::api
