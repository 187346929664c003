#include "control/cli/run.hpp"

#include "control/api/names/field_names.hpp"
#include "control/cli/audit.hpp"
#include "control/cli/bans.hpp"
#include "control/cli/config_push.hpp"
#include "control/cli/create.hpp"
#include "control/cli/events.hpp"
#include "control/cli/evidence.hpp"
#include "control/cli/explain.hpp"
#include "control/cli/reconciliation.hpp"
#include "control/cli/render.hpp"
#include "control/cli/single_request.hpp"
#include "control/cli/stats.hpp"
#include "control/cli/steer.hpp"
#include "control/cli/steps.hpp"
#include "control/cli/text.hpp"
#include "control/cli/wait.hpp"
#include "control/cli/watch.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

Text list_releases(const ReleaseList& what, Format format, Ports ports) {
    ApiRequest request;
    request.path = with_query("/api/v1/releases", {{"status", what.status},
                                                   {"type", what.type},
                                                   {"createdBy", what.created_by},
                                                   {"q", what.q},
                                                   {"sort", what.sort},
                                                   {"page", std::to_string(what.page)},
                                                   {"pageSize", std::to_string(what.page_size)}});
    return ask(request, format, ports, [&](const Json& data) -> Text {
        const auto releases = read_releases(data);
        if (!releases) return tl::unexpected(releases.error());
        return render_releases(*releases, integer_of(data, field::total), ports.time.now());
    });
}

Text show_steps(const ReleaseShow& what, Format format, Ports ports) {
    ApiRequest request = release_request(what.id);
    request.path = with_query(request.path, {{"steps", "1"}, {"node", what.node}});
    auto shown = ask(request, format, ports, [&](const Json& data) -> Text {
        return render_steps(data, ports.time.now());
    });
    if (!shown) return tl::unexpected(with_advice(std::move(shown.error()), what.id));
    return shown;
}

Text show_release(const ReleaseShow& what, Format format, Ports ports) {
    if (what.has_steps) return show_steps(what, format, ports);
    auto seen = fetch_release(ports.http, what.id);
    if (!seen) return tl::unexpected(std::move(seen.error()));
    if (format == Format::json) return json_text(seen->data, ports);
    return render_release(seen->release, ports.time.now());
}

Text explain_release(const ReleaseExplain& what, Format format, Ports ports) {
    auto seen = fetch_release(ports.http, what.id);
    if (!seen) return tl::unexpected(std::move(seen.error()));
    const auto evidence = fetch_evidence(ports.http, what.id);
    if (!evidence) return tl::unexpected(evidence.error());
    if (format == Format::json) {
        Json explained = explain_json(seen->release, seen->data);
        explained[field::evidence] = evidence->value_or(Json(nullptr));
        return json_text(explained, ports);
    }
    return explain_text(seen->release, ports.time.now()) +
           evidence_text(seen->release, evidence->value_or(Json::array()));
}

/// Keeps only nodes with drift; an error when control does not report drift.
Answer<Json> drifted(Json data) {
    const auto fleet = read_fleet(data);
    if (!fleet) return tl::unexpected(fleet.error());
    Json& items = data.is_array() ? data : data[field::items];
    Json kept = Json::array();
    for (std::size_t at = 0; at < fleet->size(); ++at) {
        if (!(*fleet)[at].has_drift) {
            return refuse("this control does not report drift: is it an older version?");
        }
        if (*(*fleet)[at].has_drift) kept.push_back(items[at]);
    }
    items = std::move(kept);
    if (data.is_object()) data[field::total] = data[field::items].size();
    return data;
}

Text list_nodes(const NodeList& what, Format format, Ports ports) {
    ApiRequest request;
    request.path = "/api/v1/nodes";
    auto data = call(ports.http, request);
    if (data && what.is_drift_only) data = drifted(std::move(*data));
    if (!data) return tl::unexpected(std::move(data.error()));
    if (format == Format::json) return json_text(*data, ports);
    const auto fleet = read_fleet(*data);
    if (!fleet) return tl::unexpected(fleet.error());
    if (what.is_drift_only) return render_drift(*fleet, ports.time.now());
    return render_fleet(*fleet, ports.time.now());
}

Text add_node(const NodeAdd& what, Format format, Ports ports) {
    Json body = {{"name", what.name}, {"mainIp", what.ip}, {"agentPort", what.port}};
    if (!what.labels.empty()) body[field::labels] = what.labels;
    if (!what.fingerprint.empty()) body[field::cert_fingerprint] = what.fingerprint;
    const ApiRequest request{"POST", "/api/v1/nodes", release::wire::dump_json(body), {}};
    return ask(request, format, ports, [&](const Json& data) -> Text {
        return "node " + std::to_string(integer_of(data, field::id)) +
               " added: " + printable(what.name) + " at " + printable(what.ip) + ":" +
               std::to_string(what.port) + "\n";
    });
}

Text list_audit(const AuditList& what, Format format, Ports ports) {
    ApiRequest request;
    request.path = with_query("/api/v1/audit", {{"actor", what.actor},
                                                {"action", what.action},
                                                {"object", what.object},
                                                {"since", what.since},
                                                {"page", std::to_string(what.page)},
                                                {"pageSize", std::to_string(what.page_size)}});
    return ask(request, format, ports, [](const Json& data) -> Text { return render_audit(data); });
}

Text show_stats(Format format, Ports ports) {
    ApiRequest request;
    request.path = "/api/v1/stats";
    return ask(request, format, ports, [](const Json& data) -> Text { return render_stats(data); });
}

/// One request, one text.
Answer<ExitStatus> shown(const Text& text, Ports ports) {
    if (!text) return tl::unexpected(text.error());
    ports.screen.out(*text);
    return ExitStatus::success;
}

struct Runner {
    using Done = Answer<ExitStatus>;
    Format format;
    Ports ports;

    Done operator()(const ReleaseList& what) const {
        return shown(list_releases(what, format, ports), ports);
    }
    Done operator()(const ReleaseShow& what) const {
        return shown(show_release(what, format, ports), ports);
    }
    Done operator()(const ReleaseExplain& what) const {
        return shown(explain_release(what, format, ports), ports);
    }
    Done operator()(const ReleaseCreate& what) const { return create_release(what, format, ports); }
    Done operator()(const ReleaseSteer& what) const {
        return shown(steer_release(what, format, ports), ports);
    }
    Done operator()(const ReleaseLimit& what) const {
        return shown(limit_release(what, format, ports), ports);
    }
    Done operator()(const ReleaseWatch& what) const { return watch(what, format, ports); }
    Done operator()(const ReleaseWait& what) const { return wait_for(what, format, ports); }
    Done operator()(const ReleaseEvents& what) const { return tell_events(what, format, ports); }
    Done operator()(const ConfigPush& what) const {
        return shown(push_config(what, format, ports), ports);
    }
    Done operator()(const NodeList& what) const {
        return shown(list_nodes(what, format, ports), ports);
    }
    Done operator()(const NodeAdd& what) const {
        return shown(add_node(what, format, ports), ports);
    }
    Done operator()(const BanAdd& what) const { return shown(add_ban(what, format, ports), ports); }
    Done operator()(const BanList& what) const {
        return shown(list_bans(what, format, ports), ports);
    }
    Done operator()(const BanRemove& what) const {
        return shown(remove_ban(what, format, ports), ports);
    }
    Done operator()(const ReconciliationShow&) const {
        return shown(show_reconciliation(format, ports), ports);
    }
    Done operator()(const ReconciliationContinue& what) const {
        return shown(continue_reconciliation(what, format, ports), ports);
    }
    Done operator()(const AuditList& what) const {
        return shown(list_audit(what, format, ports), ports);
    }
    Done operator()(const Stats&) const { return shown(show_stats(format, ports), ports); }
};

}  // namespace

ExitStatus run(const Command& command, Format format, Ports ports) {
    const auto done = std::visit(Runner{format, ports}, command);
    return done ? *done : end_with(done.error(), ports);
}

}  // namespace edgeroll::cli
