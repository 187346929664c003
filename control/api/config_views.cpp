// Contents as JSON, and which callers may see which parts (docs/contract.md 5.9).
#include <string>

#include "control/api/names/field_names.hpp"
#include "control/api/view_parts.hpp"
#include "control/api/views.hpp"
#include "release/words.hpp"

namespace edgeroll::control::api {

using release::wire::Json;

namespace {

constexpr release::Words<ConfigView::Outcome> stored_words({
    {ConfigView::Outcome::stored, "stored"},
    {ConfigView::Outcome::unchanged, "unchanged"},
    {ConfigView::Outcome::replaced, "replaced"},
});

Json head_of(const ConfigView& config) {
    Json data = Json::object();
    data[field::version] = config.version.value;
    data[field::sha256] = word_or_null(config.sha256);
    data[field::note] = config.note;
    data[field::created_by] = config.created_by;
    data[field::created_at] = word_or_null(config.created_at);
    return data;
}

}  // namespace

Json json_of_stored(const ConfigView& config) {
    Json data = head_of(config);
    data[field::outcome] = std::string(stored_words.text(config.outcome));
    return data;
}

std::string text_of(const ShownConfig& config) {
    std::string text = release::wire::dump_json(head_of(config.head));
    text.pop_back();
    const auto add = [&text](const char* name, const std::string& json) {
        text += std::string(",\"") + name + "\":" + json;
    };
    add(field::bytes, std::to_string(config.content.bytes));
    add(field::files, config.content.files);
    if (!config.content.payload.empty()) add(field::payload, config.content.payload);
    return text + "}";
}

}  // namespace edgeroll::control::api
