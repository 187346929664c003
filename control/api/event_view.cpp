#include "control/api/event_view.hpp"

#include <algorithm>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "release/text/utf8.hpp"

namespace edgeroll::control::api {
namespace {

using release::wire::Json;

// Capacity of the column on MySQL; SQLite accepts texts of any size.
constexpr std::size_t detail_bytes_max = 65'535;

// A line break would end the field and begin a new field.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    return text;
}

}  // namespace

Json detail_json(const std::string& text) {
    if (text.empty()) return Json::object();
    auto parsed = release::wire::parse_json(text, detail_bytes_max);
    if (parsed && parsed->is_object()) return std::move(*parsed);
    Json detail = Json::object();
    detail[field::text] = release::cut_utf8(text, detail_bytes_max);
    return detail;
}

Json json_of(const EventView& event) {
    Json json = Json::object();
    json[field::id] = event.id;
    json[field::node_id] = event.node ? Json(event.node->value) : Json(nullptr);
    json[field::at] = event.at.empty() ? Json(nullptr) : Json(event.at);
    json[field::actor] = event.actor;
    json[field::kind] = event.kind;
    json[field::detail] = detail_json(event.detail);
    return json;
}

std::string server_sent(const EventView& event) {
    return "id: " + std::to_string(event.id) + "\nevent: " + one_line(event.kind) +
           "\ndata: " + release::wire::dump_json(json_of(event)) + "\n\n";
}

std::string server_sent_end(release::ReleaseStatus status) {
    Json data = Json::object();
    data[field::status] = to_text(status);
    return "event: end\ndata: " + release::wire::dump_json(data) + "\n\n";
}

std::string server_sent_heartbeat() {
    return ": \n\n";
}

}  // namespace edgeroll::control::api
