#include "control/cli/bans.hpp"

#include "control/api/names/field_names.hpp"
#include "control/cli/table.hpp"
#include "control/cli/text.hpp"
#include "tls/router.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

constexpr const char* bans_path = "/api/v1/bans";

/// "by ann at 2026-01-31T08:00:00.000Z: it broke eu"; printable.
std::string origin_of(const Json& ban) {
    const std::string by = text_of(ban, field::created_by);
    const std::string reason = text_of(ban, field::reason);
    std::string text = by.empty() ? "" : " by " + by;
    text += " at " + text_of(ban, field::created_at);
    return printable(text + (reason.empty() ? "" : ": " + reason));
}

std::string render_bans(const Json& data) {
    Table table({{"SHA256"}, {"AT"}, {"BY", Align::left, 40}, {"REASON", Align::left, 100}});
    const Json items = list_of(data, field::items);
    for (const Json& ban : items) {
        if (!ban.is_object()) continue;
        table.add({text_of(ban, field::sha256), text_of(ban, field::created_at),
                   text_of(ban, field::created_by), text_of(ban, field::reason)});
    }
    const std::string total = std::to_string(integer_of(data, field::total));
    if (table.is_empty()) return total == "0" ? "no bans\n" : "0 of " + total + "\n";
    return table.text() + std::to_string(items.size()) + " of " + total + "\n";
}

std::string render_banned(const Json& ban) {
    const std::string digest = printable(text_of(ban, field::sha256));
    const bool is_new = text_of(ban, field::outcome) != "unchanged";
    return (is_new ? "banned: " + digest
                   : "banned already" + origin_of(ban) + "; nothing was changed: " + digest) +
           "\nNo release uses this content unless it is forced, and agents refuse it.\n"
           "Lift it: edgeroll ban remove " +
           digest + "\n";
}

}  // namespace

Text add_ban(const BanAdd& what, Format format, Ports ports) {
    Json body = {{field::reason, what.reason}};
    if (what.version > 0) {
        body[field::version] = what.version;
    } else {
        body[field::sha256] = what.sha256;
    }
    const ApiRequest request{"POST", bans_path, release::wire::dump_json(body), {}};
    return ask(request, format, ports,
               [](const Json& data) -> Text { return render_banned(data); });
}

Text list_bans(const BanList& what, Format format, Ports ports) {
    ApiRequest request;
    request.path = with_query(bans_path, {{"page", std::to_string(what.page)},
                                          {"pageSize", std::to_string(what.page_size)}});
    return ask(request, format, ports, [](const Json& data) -> Text { return render_bans(data); });
}

Text remove_ban(const BanRemove& what, Format format, Ports ports) {
    const ApiRequest request{
        "DELETE", std::string(bans_path) + "/" + tls::percent_encode(what.sha256), "", {}};
    auto text = ask(request, format, ports, [](const Json& data) -> Text {
        return "lifted: " + printable(text_of(data, field::sha256)) + ", banned" + origin_of(data) +
               "\n";
    });
    if (!text && text.error().code == release::code::not_found) {
        text.error().message += "; edgeroll ban list shows those there are";
    }
    return text;
}

}  // namespace edgeroll::cli
