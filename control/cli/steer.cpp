#include "control/cli/steer.hpp"

#include <map>

#include "control/api/names/field_names.hpp"
#include "control/cli/advice.hpp"
#include "control/cli/render.hpp"
#include "control/cli/rollback.hpp"
#include "control/cli/table.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

bool asks(Steering action) {
    return action == Steering::stop || action == Steering::retry;
}

bool is_yes(const std::optional<std::string>& answer) {
    return answer && (*answer == "y" || *answer == "Y" || *answer == "yes" || *answer == "Yes" ||
                      *answer == "YES");
}

std::string steps_text(const ReleaseLine& release) {
    std::string text;
    for (const Advice& step : next_steps(release)) {
        text += (text.empty() ? "; what fits: " : ", ") + step.command;
    }
    return text;
}

/// Success: continue.
Answer<bool> confirm(const ReleaseSteer& what, Ports ports) {
    if (auto fine = need_person(what, ports); !fine) return fine;
    const auto seen = fetch_release(ports.http, what.id);
    if (!seen) return tl::unexpected(seen.error());
    if (!fits(seen->release, what.action)) {
        return refuse(standing(seen->release) + ": nothing to " + word_of(what.action) +
                      steps_text(seen->release));
    }
    return ask_person(question(seen->release, what), ports);
}

/// An id if it looks like one, else a name.
Json node_of(const std::string& typed) {
    const bool is_id =
        typed.size() < 19 && typed.find_first_not_of("0123456789") == std::string::npos;
    return is_id && !typed.empty() ? Json(std::stoll(typed)) : Json(typed);
}

ApiRequest request_of(const ReleaseSteer& what) {
    ApiRequest request = release_request(what.id, std::string("/") + word_of(what.action));
    if (what.action != Steering::retry) request.path += "-batch";
    request.method = "POST";
    Json body = Json::object();
    if (!what.reason.empty()) body[field::reason] = what.reason;
    for (const std::string& node : what.nodes)
        body[field::nodes].push_back(node_of(node));
    if (what.is_forced) body[field::force] = true;
    request.body = release::wire::dump_json(body);
    return request;
}

/// Nodes by batch: "batch 2: edge-3, edge-4".
std::string named_nodes(const Json& data) {
    constexpr std::size_t names_max = 8;
    std::map<std::int64_t, std::vector<std::string>> names;
    for (const Json& node : list_of(data, field::nodes))
        names[integer_of(node, field::batch)].push_back(node_name_of(node));
    std::string text;
    for (const auto& [batch, some] : names) {
        text += batch_label(batch) + ": " + printable(some_of(some, names_max)) + "\n";
    }
    return text;
}

/// "release 7: pause is asked for; running, batches running"
std::string steered_text(const ReleaseSteer& what, const Json& data, Moment now) {
    const std::string requested = text_of(data, field::requested_action);
    const std::string batch_status = text_of(data, field::batch_status);
    const std::string id = std::to_string(what.id);
    std::string text = "release " + id + ": " + word_of(what.action);
    text += requested.empty() ? " has taken effect" : " is recorded";
    text += "; status " + printable(text_of(data, field::status));
    if (!batch_status.empty()) text += ", batches " + printable(batch_status);
    const std::string nodes = named_nodes(data);
    const bool gives_up = what.action == Steering::stop && what.is_forced;
    text += gives_up && !nodes.empty() ? "\ngiven up:\n" + nodes : "\n" + nodes;
    const std::string waiting = waiting_text(read_waiting(data), now);
    if (!waiting.empty()) text += "now: " + waiting + "\n";
    return text + "Follow it: edgeroll release watch " + id + "\n";
}

std::string pools_text(const Json& data) {
    const auto pools = data.find(field::max_parallel_per);
    if (pools == data.end() || !pools->is_object() || pools->empty()) return "no limit";
    std::string text;
    for (const auto& [label, number] : pools->items()) {
        text += (text.empty() ? "" : ", ") + label + "=" + release::wire::dump_json(number);
    }
    return text;
}

}  // namespace

Answer<bool> need_person(const ReleaseSteer& what, Ports ports) {
    if (ports.keyboard.has_person()) return true;
    return refuse(std::string("release ") + word_of(what.action) +
                  " needs --yes, since there is no terminal to ask on");
}

Answer<bool> ask_person(const std::string& question, Ports ports) {
    ports.screen.err(question + " [y/N] ");
    const auto answer = ports.keyboard.read_line();
    if (!answer) ports.screen.err("\n");
    if (!is_yes(answer)) return refuse("nothing was done");
    return true;
}

Text steer_release(const ReleaseSteer& what, Format format, Ports ports) {
    if (what.action == Steering::rollback) return roll_back(what, format, ports);
    if (asks(what.action) && !what.is_confirmed) {
        if (const auto is_confirmed = confirm(what, ports); !is_confirmed) {
            return tl::unexpected(is_confirmed.error());
        }
    }
    auto text = ask(request_of(what), format, ports, [&](const Json& data) -> Text {
        return steered_text(what, data, ports.time.now());
    });
    if (!text) return tl::unexpected(with_advice(std::move(text.error()), what.id));
    return text;
}

Text limit_release(const ReleaseLimit& what, Format format, Ports ports) {
    Json body = Json::object();
    if (what.max_parallel == "none") {
        body[request_field::max_parallel] = nullptr;
    } else if (!what.max_parallel.empty()) {
        body[request_field::max_parallel] = std::stoll(what.max_parallel);
    }
    for (const std::string& pool : what.max_parallel_per) {
        Json& pools = body[request_field::max_parallel_per];
        if (pool == "none") continue;
        const std::size_t equals = pool.find('=');
        pools[pool.substr(0, equals)] = std::stoll(pool.substr(equals + 1));
    }
    if (!what.reason.empty()) body[field::reason] = what.reason;
    ApiRequest request = release_request(what.id);
    request.method = "PATCH";
    request.body = release::wire::dump_json(body);
    auto text = ask(request, format, ports, [&](const Json& data) -> Text {
        const std::int64_t most = integer_of(data, field::max_parallel);
        return "release " + std::to_string(what.id) + "\n" +
               render_fields({{"max parallel", most > 0 ? std::to_string(most) : "no limit"},
                              {"max parallel per", pools_text(data)}});
    });
    if (!text) return tl::unexpected(with_advice(std::move(text.error()), what.id));
    return text;
}

}  // namespace edgeroll::cli
