#include "control/cli/run.hpp"

#include <filesystem>
#include <functional>

#include "control/cli/api_client.hpp"
#include "control/cli/payload_folder.hpp"
#include "control/cli/render.hpp"
#include "control/cli/text.hpp"
#include "control/cli/views.hpp"
#include "control/cli/watch.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

/// Text for standard output.
using Text = Answer<std::string>;
using AsTable = std::function<Text(const Json& data)>;

/// Sends the request and shows its data in the format asked for.
Text ask(const ApiRequest& request, Format format, Ports ports, const AsTable& as_table) {
    const auto data = call(ports.http, request);
    if (!data) return tl::unexpected(data.error());
    if (format == Format::table) return as_table(*data);
    // On a terminal nothing but ASCII: control and direction characters arrive as \u escapes.
    const bool is_ascii_only = ports.screen.is_live();
    return data->dump(2, ' ', is_ascii_only, Json::error_handler_t::replace) + "\n";
}

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
        return render_releases(*releases, integer_of(data, "total"), ports.time.now());
    });
}

Text show_release(const ReleaseShow& what, Format format, Ports ports) {
    ApiRequest request;
    request.path = "/api/v1/releases/" + std::to_string(what.id);
    return ask(request, format, ports, [&](const Json& data) -> Text {
        const auto release = read_release(data);
        if (!release) return tl::unexpected(release.error());
        return render_release(*release, ports.time.now());
    });
}

Text push_config(const ConfigPush& what, Format format, Ports ports) {
    std::error_code ec;
    const bool is_folder = std::filesystem::is_directory(what.path, ec);
    if (!is_folder && !what.templates.empty()) {
        return refuse("--template is for a folder; in a payload file say \"template\":true");
    }
    const auto text =
        is_folder ? payload_from_folder(what.path, what.templates) : payload_from_file(what.path);
    if (!text) return text;
    const auto payload = release::wire::parse_payload(*text);
    if (!payload) {
        return refuse(printable(what.path) +
                      " is no payload: " + printable(payload.error().message));
    }
    ApiRequest request{"PUT", "/api/v1/configs/" + std::to_string(what.version), {}};
    request.body = "{\"payload\":" + *text;
    if (!what.note.empty()) {
        request.body += ",\"note\":" + release::wire::dump_json(Json(what.note));
    }
    request.body += "}";
    return ask(request, format, ports, [&](const Json&) -> Text {
        return "version " + std::to_string(what.version) +
               " stored: " + std::to_string(payload->files.size()) +
               (payload->files.size() == 1 ? " file, " : " files, ") + human_bytes(text->size()) +
               ", sha256 " + release::wire::content_digest(*payload) + "\n";
    });
}

Text list_nodes(Format format, Ports ports) {
    ApiRequest request;
    request.path = "/api/v1/nodes";
    return ask(request, format, ports, [&](const Json& data) -> Text {
        const auto fleet = read_fleet(data);
        if (!fleet) return tl::unexpected(fleet.error());
        return render_fleet(*fleet, ports.time.now());
    });
}

Text add_node(const NodeAdd& what, Format format, Ports ports) {
    Json body = {{"name", what.name}, {"mainIp", what.ip}, {"agentPort", what.port}};
    if (!what.labels.empty()) body["labels"] = what.labels;
    if (!what.fingerprint.empty()) body["certFingerprint"] = what.fingerprint;
    const ApiRequest request{"POST", "/api/v1/nodes", release::wire::dump_json(body)};
    return ask(request, format, ports, [&](const Json& data) -> Text {
        return "node " + std::to_string(integer_of(data, "id")) +
               " added: " + printable(what.name) + " at " + printable(what.ip) + ":" +
               std::to_string(what.port) + "\n";
    });
}

/// Every command but `release watch`: one request, one text.
struct OneRequest {
    Format format;
    Ports ports;

    Text operator()(const ReleaseList& what) const { return list_releases(what, format, ports); }
    Text operator()(const ReleaseShow& what) const { return show_release(what, format, ports); }
    Text operator()(const ConfigPush& what) const { return push_config(what, format, ports); }
    Text operator()(const NodeList&) const { return list_nodes(format, ports); }
    Text operator()(const NodeAdd& what) const { return add_node(what, format, ports); }
    Text operator()(const ReleaseWatch&) const { return std::string(); }
};

}  // namespace

ExitStatus run(const Command& command, Format format, Ports ports) {
    if (const auto* const what = std::get_if<ReleaseWatch>(&command)) {
        return watch(*what, format, ports);
    }
    const Text text = std::visit(OneRequest{format, ports}, command);
    if (!text) {
        ports.screen.err("edgeroll: " + text.error().message + "\n");
        return text.error().status;
    }
    ports.screen.out(*text);
    return ExitStatus::success;
}

}  // namespace edgeroll::cli
