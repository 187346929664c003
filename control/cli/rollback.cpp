#include "control/cli/rollback.hpp"

#include <map>
#include <utility>
#include <vector>

#include "control/api/names/field_names.hpp"
#include "control/cli/advice.hpp"
#include "control/cli/create.hpp"
#include "control/cli/steer.hpp"
#include "control/cli/table.hpp"
#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

constexpr std::size_t digest_digits = 12;

ApiRequest request_of(const ReleaseSteer& what, bool is_dry_run) {
    ApiRequest request = release_request(what.id, "/rollback");
    request.method = "POST";
    Json body = Json::object();
    if (!what.reason.empty()) body[field::reason] = what.reason;
    if (what.is_forced) body[field::force] = true;
    if (is_dry_run) body[request_field::dry_run] = true;
    if (what.is_abort) body[request_field::abort] = true;
    if (what.is_fast) body[request_field::fast] = true;
    request.body = release::wire::dump_json(body);
    return request;
}

/// "2 nodes will get what they had before (1 version 41, 1 version 40), 1 is left alone (#6:
/// earlier content unknown)"
std::string outcome_text(const Json& plan) {
    std::map<std::int64_t, int> by_version;
    for (const Json& node : list_of(plan, field::nodes))
        ++by_version[integer_of(node, field::config_version)];
    std::string text =
        nodes_text(integer_of(plan, field::total_nodes)) + " will get what they had before (";
    for (auto one = by_version.rbegin(); one != by_version.rend(); ++one) {
        text += (one == by_version.rbegin() ? "" : ", ") + std::to_string(one->second) +
                " version " + std::to_string(one->first);
    }
    text += ")";
    const Json left = list_of(plan, field::left_alone);
    if (left.empty()) return text;
    text += ", " + std::to_string(left.size()) + (left.size() == 1 ? " is" : " are") +
            " left alone (" + node_name_of(left[0]) + ": " + text_of(left[0], field::reason);
    return text + (left.size() > 1 ? ", ...)" : ")");
}

std::string question_of(const ReleaseLine& release, const Json& plan) {
    std::string text = standing(release) + "; " + outcome_text(plan) + ", by a new release";
    if (!text_of(plan, field::bans).empty()) {
        text +=
            ", and the content of version " + std::to_string(release.version) + " will be banned";
    }
    return printable(text + ". Roll it back?");
}

/// What each node gets: one line per batch and version.
std::string render_put_back(const Json& plan) {
    constexpr std::size_t names_max = 8;
    std::map<std::pair<std::int64_t, std::int64_t>,
             std::pair<std::string, std::vector<std::string>>>
        groups;
    for (const Json& node : list_of(plan, field::nodes)) {
        auto& [digest, names] =
            groups[{integer_of(node, field::batch), integer_of(node, field::config_version)}];
        digest = text_of(node, field::sha256).substr(0, digest_digits);
        names.push_back(node_name_of(node));
    }
    Table table({{"BATCH", Align::right},
                 {"SIZE", Align::right},
                 {"VERSION", Align::right},
                 {"SHA256"},
                 {"NODES", Align::left, 100}});
    for (const auto& [key, group] : groups) {
        table.add({std::to_string(key.first), std::to_string(group.second.size()),
                   std::to_string(key.second), group.first, some_of(group.second, names_max)});
    }
    return table.is_empty() ? std::string() : table.text();
}

std::string render_plan(const ReleaseSteer& what, const Json& plan) {
    const std::string id = std::to_string(what.id);
    const std::string banned = text_of(plan, field::bans);
    std::string text = "rolling back release " + id + ", as version " +
                       std::to_string(integer_of(plan, field::version)) + ": " +
                       nodes_text(integer_of(plan, field::total_nodes)) +
                       "; nothing was changed\n\n" + render_put_back(plan) + render_left_out(plan);
    if (!banned.empty()) {
        text += "\nThe content that is undone (sha256 " +
                printable(banned.substr(0, digest_digits)) + ") would be banned.\n";
    }
    return text + "\nTo do it:\n  edgeroll release rollback " + id +
           (what.is_abort ? " --abort" : "") + (what.is_fast ? " --fast" : "") +
           (what.is_forced ? " --force" : "") + "\n";
}

std::string render_done(const ReleaseSteer& what, const Json& data, Ports ports) {
    const std::string id = std::to_string(integer_of(data, field::release_id));
    const std::string table = render_put_back(data);
    return "release " + id + " (version " + std::to_string(integer_of(data, field::version)) +
           ") rolls back release " + std::to_string(what.id) + ": " +
           nodes_text(integer_of(data, field::total_nodes)) + "\n\n" +
           (table.empty() ? render_batches(data, node_names(ports.http)) : table) +
           render_left_out(data) + "\nFollow it: edgeroll release watch " + id + "\n";
}

Answer<Json> plan_of(const ReleaseSteer& what, Ports ports) {
    auto plan = call(ports.http, request_of(what, true));
    if (!plan) return tl::unexpected(with_advice(std::move(plan.error()), what.id));
    return plan;
}

Answer<bool> confirm_rollback(const ReleaseSteer& what, Ports ports) {
    if (auto fine = need_person(what, ports); !fine) return fine;
    const auto seen = fetch_release(ports.http, what.id);
    if (!seen) return tl::unexpected(seen.error());
    const auto plan = plan_of(what, ports);
    if (!plan) return tl::unexpected(plan.error());
    return ask_person(question_of(seen->release, *plan), ports);
}

}  // namespace

Text roll_back(const ReleaseSteer& what, Format format, Ports ports) {
    if (what.is_dry_run) {
        const auto plan = plan_of(what, ports);
        if (!plan) return tl::unexpected(plan.error());
        return format == Format::json ? json_text(*plan, ports) : render_plan(what, *plan);
    }
    if (!what.is_confirmed) {
        if (const auto is_confirmed = confirm_rollback(what, ports); !is_confirmed) {
            return tl::unexpected(is_confirmed.error());
        }
    }
    auto text = ask(request_of(what, false), format, ports,
                    [&](const Json& data) -> Text { return render_done(what, data, ports); });
    if (!text) return tl::unexpected(with_advice(std::move(text.error()), what.id));
    return text;
}

}  // namespace edgeroll::cli
