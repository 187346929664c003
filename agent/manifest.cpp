#include "agent/manifest.hpp"

#include <algorithm>
#include <utility>

#include "agent/layout.hpp"
#include "release/text/digits.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::agent {
namespace {

using release::Version;
using release::wire::Json;

constexpr std::size_t manifest_bytes_max = 64U << 20;
constexpr std::string_view json_ending = ".json";

std::string path_of(Version version) {
    return std::string(layout::manifests) + "/" + std::to_string(version.value) +
           std::string(json_ending);
}

std::string staged_path(Version version) {
    return layout::staged_folder(version) + ".manifest";
}

std::optional<ManifestFile> parse_file(const Json& json) {
    if (!json.is_object()) return std::nullopt;
    const auto path = json.find("path"), mode = json.find("mode"), size = json.find("size"),
               sha256 = json.find("sha256");
    const auto end = json.end();
    const bool is_whole = path != end && path->is_string() && mode != end &&
                          mode->is_number_integer() && size != end && size->is_number_integer() &&
                          sha256 != end && sha256->is_string();
    if (!is_whole) return std::nullopt;
    ManifestFile file{path->get<std::string>(), mode->get<int>(), size->get<std::int64_t>(),
                      sha256->get<std::string>()};
    if (!release::is_sha256_hex(file.sha256)) return std::nullopt;
    return file;
}

}  // namespace

std::string write_manifest(const Manifest& manifest) {
    Json files = Json::array();
    for (const ManifestFile& file : manifest.files) {
        files.push_back(Json{{"path", file.path},
                             {"mode", file.mode},
                             {"size", file.size},
                             {"sha256", file.sha256}});
    }
    return Json{{"contentSha256", manifest.content_sha256},
                {"factsSha256", manifest.facts_sha256},
                {"files", std::move(files)}}
        .dump();
}

std::optional<Manifest> parse_manifest(std::string_view text) {
    const auto json = release::wire::parse_json(text, manifest_bytes_max);
    if (!json || !json->is_object()) return std::nullopt;
    const auto content = json->find("contentSha256"), facts = json->find("factsSha256"),
               files = json->find("files");
    const auto end = json->end();
    const bool is_whole = content != end && content->is_string() && facts != end &&
                          facts->is_string() && files != end && files->is_array();
    if (!is_whole) return std::nullopt;
    Manifest manifest{content->get<std::string>(), facts->get<std::string>(), {}};
    for (const Json& one : *files) {
        auto file = parse_file(one);
        if (!file) return std::nullopt;
        manifest.files.push_back(std::move(*file));
    }
    return manifest;
}

Result<void> keep_staged_manifest(Files& files, Version version, const Manifest& manifest) {
    if (auto done = remove_staged_manifest(files, version); !done) return done;
    return files.create_file(staged_path(version), write_manifest(manifest), {0600});
}

Result<void> move_staged_manifest(Files& files, Version version) {
    const auto staged = files.read_file(staged_path(version), manifest_bytes_max);
    if (!staged) return tl::unexpected(staged.error());
    if (!*staged) return {};
    if (auto done = files.make_folders(layout::manifests); !done) return done;
    return files.rename(staged_path(version), path_of(version));
}

Result<void> remove_staged_manifest(Files& files, Version version) {
    return files.remove(staged_path(version));
}

Result<std::optional<std::string>> read_manifest(Files& files, Version version) {
    return files.read_file(path_of(version), manifest_bytes_max);
}

Result<void> prune_manifests(Files& files, const std::vector<Version>& present) {
    const auto names = files.list(layout::manifests);
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
        const bool is_named = name.ends_with(json_ending);
        const auto version =
            is_named ? layout::version_from(name.substr(0, name.size() - json_ending.size()))
                     : std::nullopt;
        if (version && std::ranges::find(present, *version) != present.end()) continue;
        if (auto done = files.remove(std::string(layout::manifests) + "/" + name); !done)
            return done;
    }
    return {};
}

}  // namespace edgeroll::agent
