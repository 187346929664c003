// Contents as JSON: who may see what of them (docs/contract.md 5.9).
#include <limits>
#include <string>

#include "control/api/view_parts.hpp"
#include "control/api/views.hpp"
#include "control/secrets/sealed_payload.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::control::api {

using release::wire::Json;

namespace {

std::string outcome_of(const ConfigView& config) {
    switch (config.outcome) {
        case ConfigView::Outcome::unchanged:
            return "unchanged";
        case ConfigView::Outcome::replaced:
            return "replaced";
        case ConfigView::Outcome::stored:
            break;
    }
    return "stored";
}

Json head_of(const ConfigView& config) {
    Json data = Json::object();
    data["version"] = config.version.value;
    data["sha256"] = word_or_null(config.sha256);
    data["note"] = config.note;
    data["createdBy"] = config.created_by;
    data["createdAt"] = word_or_null(config.created_at);
    return data;
}

Json json_of(const release::wire::File& file) {
    Json entry = Json::object();
    entry["path"] = file.path;
    entry["mode"] = release::wire::mode_text(file.mode);
    entry["bytes"] = file.bytes;
    entry["sha256"] = file.is_secret ? file.secret_sha256 : release::wire::sha256_hex(file.content);
    if (file.is_template) entry["template"] = true;
    if (file.is_secret) entry["secret"] = true;
    return entry;
}

/// Null: it is no set of files.
Json files_of(const std::string& payload) {
    const auto read = release::wire::parse_stored_payload(payload);
    if (!read || read->files.empty()) return nullptr;
    Json files = Json::array();
    for (const release::wire::File& file : read->files)
        files.push_back(json_of(file));
    return files;
}

}  // namespace

Json json_of_stored(const ConfigView& config) {
    Json data = head_of(config);
    data["outcome"] = outcome_of(config);
    return data;
}

Json json_of(const ConfigView& config, bool has_payload) {
    Json data = head_of(config);
    data["files"] = files_of(config.payload);
    data["bytes"] = config.payload.size();
    if (!has_payload) return data;
    const std::string shown = without_secrets(config.payload);
    // A pipeline may have inserted anything: what is no JSON is shown as the text that it is.
    auto payload = release::wire::parse_json(shown, std::numeric_limits<std::size_t>::max());
    data["payload"] = payload ? std::move(*payload) : Json(shown);
    return data;
}

}  // namespace edgeroll::control::api
