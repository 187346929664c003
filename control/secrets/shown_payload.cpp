#include "control/secrets/shown_payload.hpp"

#include <limits>

#include "control/secrets/sealed_payload.hpp"
#include "release/crypto/sha256.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::control {
namespace {

using release::wire::Json;

Json entry_of(const release::wire::File& file) {
    Json entry = Json::object();
    entry["path"] = file.path;
    entry["mode"] = release::wire::mode_text(file.mode);
    entry["bytes"] = file.bytes;
    entry["sha256"] = file.is_secret ? file.secret_sha256 : release::sha256_hex(file.content);
    if (file.is_template) entry["template"] = true;
    if (file.is_secret) entry["secret"] = true;
    return entry;
}

/// Null: not a set of files.
Json entries_of(std::string_view text) {
    const auto read = release::wire::parse_stored_payload(text);
    if (!read || read->files.empty()) return nullptr;
    Json entries = Json::array();
    for (const release::wire::File& file : read->files)
        entries.push_back(entry_of(file));
    return entries;
}

}  // namespace

ShownPayload shown_payload(std::string_view text, PayloadPart part) {
    ShownPayload shown;
    shown.bytes = text.size();
    shown.files = release::wire::dump_json(entries_of(text));
    if (part == PayloadPart::files) return shown;
    const std::string open = without_secrets(text);
    // A pipeline may have inserted anything: text that is not JSON is shown as text.
    const auto json = release::wire::parse_json(open, std::numeric_limits<std::size_t>::max());
    shown.payload = release::wire::dump_json(json ? *json : Json(open));
    return shown;
}

}  // namespace edgeroll::control
