#include "control/cli/create.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "control/api/names/field_names.hpp"
#include "control/cli/advice.hpp"
#include "control/cli/batch_config.hpp"
#include "control/cli/command_line.hpp"
#include "control/cli/table.hpp"
#include "control/cli/watch.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

Json body_of(const ReleaseCreate& what, const Json& batch_config) {
    Json body = {{"target", "cdn"}};
    if (what.version > 0) body[field::version] = what.version;
    if (what.is_reload_only) body[request_field::reload_only] = true;
    if (!what.type.empty()) body[field::type] = what.type;
    if (what.from_release > 0) body[request_field::from_release] = what.from_release;
    if (!what.reason.empty()) body[field::reason] = what.reason;
    if (!what.not_before.empty()) body[request_field::not_before] = what.not_before;
    if (!what.callback_url.empty()) body[request_field::callback_url] = what.callback_url;
    if (what.is_superseding) body[field::supersede] = true;
    if (what.is_forced) body[field::force] = true;
    if (!what.plan_sha256.empty()) body[field::plan_sha256] = what.plan_sha256;
    if (!batch_config.empty()) body[request_field::batch_config] = batch_config;
    if (what.is_dry_run) body[request_field::dry_run] = true;
    return body;
}

std::string plural(std::size_t count, const std::string& thing, const char* ending = "s") {
    return std::to_string(count) + " " + thing + (count == 1 ? "" : ending);
}

/// "50 nodes in 4 batches"
std::string extent(const Json& data) {
    const std::size_t batches = list_of(data, field::batches).size();
    return plural(static_cast<std::size_t>(integer_of(data, field::total_nodes)), "node") + " in " +
           plural(batches, "batch", "es");
}

/// What the gates say now, as if the nodes of batch 1 had got the content.
std::string render_gates(const Json& data) {
    Table table({{"GATE"}, {"NOW"}, {"RULE", Align::left, 60}, {"ANSWER", Align::left, 100}});
    for (const Json& gate : list_of(data, field::gates_preview)) {
        table.add({text_of(gate, field::name), text_of(gate, field::verdict),
                   text_of(gate, field::rule), text_of(gate, field::message)});
    }
    return table.is_empty() ? "" : "\nGates, asked once now:\n" + table.text();
}

std::string render_plan(const ReleaseCreate& what, const Json& batch_config, const Json& data,
                        const std::map<std::int64_t, std::string>& names) {
    const std::string sha = text_of(data, field::plan_sha256);
    std::string text = "plan for version " + std::to_string(integer_of(data, field::version)) +
                       ": " + extent(data) + "; nothing was changed\n\n" +
                       render_batches(data, names) + render_left_out(data) + render_gates(data);
    if (!sha.empty()) {
        text += "\nplanSha256 " + printable(sha) + "\n\nTo create exactly that:\n  " +
                create_command_line(what, batch_config, sha) + "\n";
    }
    return text;
}

std::string render_created(const Json& data, bool is_watched,
                           const std::map<std::int64_t, std::string>& names) {
    const std::string id = std::to_string(integer_of(data, field::release_id));
    std::string text = "release " + id + " created: version " +
                       std::to_string(integer_of(data, field::version)) + ", " + extent(data) +
                       "\n\n" + render_batches(data, names) + render_left_out(data) + "\n";
    if (!is_watched) text += "Follow it: edgeroll release watch " + id + "\n";
    return text;
}

Failure with_create_advice(Failure failure, const ReleaseCreate& what) {
    if (failure.code == release::code::exists) {
        failure.message += "; choose another --version, or look: edgeroll release list -q " +
                           std::to_string(what.version);
    } else if (failure.code == release::code::wrong_state && !what.plan_sha256.empty()) {
        failure.message += "; edgeroll release plan with the same options shows the current plan";
    }
    return failure;
}

}  // namespace

std::map<std::int64_t, std::string> node_names(Http& http) {
    std::map<std::int64_t, std::string> names;
    ApiRequest request;
    request.path = "/api/v1/nodes";
    const auto data = call(http, request);
    if (!data) return names;
    const auto fleet = read_fleet(*data);
    if (!fleet) return names;
    for (const FleetLine& node : *fleet)
        names[node.id] = node.name;
    return names;
}

std::string render_batches(const Json& data, const std::map<std::int64_t, std::string>& names) {
    constexpr std::size_t nodes_max = 8;
    Table table({{"BATCH", Align::right}, {"SIZE", Align::right}, {"NODES", Align::left, 100}});
    for (const Json& batch : list_of(data, field::batches)) {
        const Json ids = list_of(batch, field::node_ids);
        std::string nodes;
        for (std::size_t at = 0; at < ids.size() && at < nodes_max; ++at) {
            const auto id = ids[at].is_number_integer() ? ids[at].get<std::int64_t>() : 0;
            const auto name = names.find(id);
            nodes += (at == 0 ? "" : ", ") +
                     (name == names.end() ? "#" + std::to_string(id) : name->second);
        }
        if (ids.size() > nodes_max) {
            nodes += " and " + std::to_string(ids.size() - nodes_max) + " more";
        }
        table.add(
            {std::to_string(integer_of(batch, field::batch)), std::to_string(ids.size()), nodes});
    }
    return table.is_empty() ? std::string() : table.text();
}

/// The API has counted them already.
std::string render_counted(const Json& data, const char* field, const char* title) {
    Table table({{"COUNT", Align::right}, {"WHY", Align::left, 100}, {"NODES"}});
    for (const Json& entry : list_of(data, field)) {
        std::string names;
        for (const Json& name : list_of(entry, field::nodes)) {
            if (name.is_string())
                names += (names.empty() ? "" : ", ") + printable(name.get<std::string>());
        }
        table.add({std::to_string(integer_of(entry, field::count)), text_of(entry, field::reason),
                   names});
    }
    return table.is_empty() ? "" : std::string("\n") + title + "\n" + table.text();
}

/// One line per reason: a reason may hold for thousands of nodes.
std::string render_left_out(const Json& data) {
    constexpr std::size_t names_max = 8;
    std::string text;
    for (const auto& [field, title] :
         {std::pair{"leftOut", "Left out:"}, std::pair{"leftAlone", "Left alone:"}}) {
        std::map<std::string, std::vector<std::string>> names;
        for (const Json& node : list_of(data, field))
            names[text_of(node, field::reason)].push_back(node_name_of(node));
        std::vector<const decltype(names)::value_type*> reasons;
        for (const auto& one : names)
            reasons.push_back(&one);
        std::stable_sort(reasons.begin(), reasons.end(), [](const auto* a, const auto* b) {
            return a->second.size() > b->second.size();
        });
        Table table({{"COUNT", Align::right}, {"WHY", Align::left, 100}, {"NODES"}});
        for (const auto* one : reasons) {
            table.add(
                {std::to_string(one->second.size()), one->first, some_of(one->second, names_max)});
        }
        if (!table.is_empty()) text += std::string("\n") + title + "\n" + table.text();
    }
    return text + render_counted(data, field::without_secrets, "The content has secret files:") +
           render_counted(data, field::unseen, "Applied without a look:");
}

Answer<ExitStatus> create_release(const ReleaseCreate& what, Format format, Ports ports) {
    const auto batch_config = batch_config_of(what.batch, ports.keyboard);
    if (!batch_config) return tl::unexpected(batch_config.error());
    ApiRequest request{
        "POST", "/api/v1/releases", release::wire::dump_json(body_of(what, *batch_config)), {}};
    // A dry run creates nothing to find again by a key.
    if (!what.idempotency_key.empty() && !what.is_dry_run) {
        request.headers["Idempotency-Key"] = what.idempotency_key;
    }
    auto data = call(ports.http, request);
    if (!data) return tl::unexpected(with_create_advice(std::move(data.error()), what));
    const std::int64_t id = integer_of(*data, field::release_id);
    if (!what.is_dry_run && id == 0) return refuse("control's answer names no release");
    if (format == Format::json) {
        ports.screen.out(what.is_watched ? json_line(*data, ports) : json_text(*data, ports));
    } else if (what.is_dry_run) {
        ports.screen.out(render_plan(what, *batch_config, *data, node_names(ports.http)));
    } else {
        ports.screen.out(render_created(*data, what.is_watched, node_names(ports.http)));
    }
    if (!what.is_watched) return ExitStatus::success;
    return watch(ReleaseWatch{id, 0}, format, ports);
}

}  // namespace edgeroll::cli
