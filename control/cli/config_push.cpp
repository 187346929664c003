#include "control/cli/config_push.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "control/api/names/field_names.hpp"
#include "control/cli/payload_folder.hpp"
#include "control/cli/private_keys.hpp"
#include "control/cli/single_request.hpp"
#include "control/cli/text.hpp"
#include "release/path_remarks.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::cli {
namespace {

namespace wire = release::wire;
using wire::Json;

/// On standard error: remarks do not prevent storing. They quote the text, so secrets have none.
void say_remarks(const wire::Payload& payload, Screen& screen) {
    constexpr int shown_max = 20;
    int count = 0;
    for (const wire::File& file : payload.files) {
        if (file.is_secret) continue;
        for (const std::string& remark : release::path_remarks(file.path, file.content)) {
            if (++count <= shown_max) screen.err("edgeroll: remark: " + printable(remark) + "\n");
        }
    }
    if (count > shown_max) {
        screen.err("edgeroll: and " + std::to_string(count - shown_max) + " more remarks\n");
    }
}

std::string names_of(const std::vector<std::string>& paths) {
    constexpr std::size_t shown_max = 10;
    std::string names;
    for (std::size_t at = 0; at < std::min(paths.size(), shown_max); ++at) {
        names += (at == 0 ? "" : ", ") + printable(paths[at]);
    }
    if (paths.size() > shown_max) {
        names += " and " + std::to_string(paths.size() - shown_max) + " more";
    }
    return names;
}

/// Private keys that would be stored unsealed: refused, or reported on standard error.
Answer<void> check_keys(const ConfigPush& what, bool is_folder, const wire::Payload& payload,
                        Screen& screen) {
    const auto keys = plain_keys(payload);
    if (keys.empty()) return {};
    if (what.allows_plain_keys) {
        screen.err(
            "edgeroll: warning: pushed as plain text, readable for admins and anyone who reads "
            "the database or its dumps: private keys in " +
            names_of(keys) + "\n");
        return {};
    }
    return refuse(printable(what.path) +
                  " has private keys that are not secret: " + names_of(keys) + "; " +
                  (is_folder ? "have them kept encrypted with --secret GLOB"
                             : "have them kept encrypted with \"secret\":true") +
                  ", or push them as plain text with --allow-plain-keys");
}

/// Refuses options for folders that were given with a payload file.
Answer<void> check_file_options(const ConfigPush& what) {
    if (!what.templates.empty()) {
        return refuse("--template is for a folder; in a payload file say \"template\":true");
    }
    if (!what.secrets.empty()) {
        return refuse("--secret is for a folder; in a payload file say \"secret\":true");
    }
    if (what.follows_links) {
        return refuse("--dereference is for a folder; a payload file has no links");
    }
    return {};
}

Answer<FolderPayload> read_payload(const ConfigPush& what, bool is_folder) {
    if (is_folder) {
        return payload_from_folder(
            what.path,
            {what.templates, what.secrets, what.follows_links ? Links::followed : Links::refused});
    }
    if (auto fits = check_file_options(what); !fits) return tl::unexpected(fits.error());
    auto text = payload_from_file(what.path);
    if (!text) return tl::unexpected(std::move(text.error()));
    return FolderPayload{std::move(*text), {}};
}

/// "3 files, 1 of them secret, 612 B"
std::string summary_of(const wire::Payload& payload, std::size_t bytes) {
    const auto secrets = std::ranges::count_if(payload.files, &wire::File::is_secret);
    return std::to_string(payload.files.size()) +
           (payload.files.size() == 1 ? " file, " : " files, ") +
           (secrets == 0 ? "" : std::to_string(secrets) + " of them secret, ") + human_bytes(bytes);
}

}  // namespace

Answer<std::string> push_config(const ConfigPush& what, Format format, Ports ports) {
    std::error_code ec;
    const bool is_folder = std::filesystem::is_directory(what.path, ec);
    const auto source = read_payload(what, is_folder);
    if (!source) return tl::unexpected(source.error());
    const auto payload = wire::parse_payload(source->text);
    if (!payload) {
        return refuse(printable(what.path) +
                      " is no payload: " + printable(payload.error().message));
    }
    if (const std::string loose = wire::loose_file(*payload); !loose.empty()) {
        return refuse(printable(what.path) + ": " + printable(loose));
    }
    if (auto checked = check_keys(what, is_folder, *payload, ports.screen); !checked) {
        return tl::unexpected(std::move(checked.error()));
    }
    say_remarks(*payload, ports.screen);
    ApiRequest request{"PUT", "/api/v1/configs/" + std::to_string(what.version), {}, {}};
    request.body = "{\"payload\":" + source->text;
    if (!what.note.empty()) request.body += ",\"note\":" + wire::dump_json(Json(what.note));
    request.body += "}";
    return ask(request, format, ports, [&](const Json& data) -> Answer<std::string> {
        // If control does not say what it did, the version is stored, now or before.
        const auto outcome = wire::optional_text(data, field::outcome);
        const std::string left_out = told(source->left_out);
        return "version " + std::to_string(what.version) + " " +
               printable(outcome ? outcome->value_or("stored") : "stored") + ": " +
               summary_of(*payload, source->text.size()) + ", sha256 " +
               wire::content_digest(*payload) + (left_out.empty() ? "" : "; " + left_out) + "\n";
    });
}

}  // namespace edgeroll::cli
