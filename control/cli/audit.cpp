#include "control/cli/audit.hpp"

#include "control/api/names/field_names.hpp"
#include "control/cli/events.hpp"
#include "control/cli/table.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

std::string word(const Json& row, const char* name) {
    const auto found = row.find(name);
    return found != row.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string render_audit(const Json& data) {
    const Json items = list_of(data, field::items);
    if (items.empty()) return "no rows\n";
    Table table({{"ID", Align::right},
                 {"AT"},
                 {"ACTOR", Align::left, 40},
                 {"FROM", Align::left, 40},
                 {"ACTION", Align::left, 24},
                 {"OBJECT", Align::left, 40},
                 {"DETAIL", Align::left, 120}});
    for (const Json& row : items) {
        if (!row.is_object()) continue;
        const auto detail = row.find(field::detail);
        table.add({std::to_string(integer_of(row, field::id)), word(row, field::at),
                   word(row, field::actor), word(row, field::remote), word(row, field::action),
                   word(row, field::object), detail == row.end() ? "" : detail_text(*detail)});
    }
    return table.text() + std::to_string(items.size()) + " of " +
           std::to_string(integer_of(data, field::total)) + "\n";
}

}  // namespace edgeroll::cli
