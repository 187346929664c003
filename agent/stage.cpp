#include "agent/stage.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "agent/layout.hpp"
#include "release/crypto/sha256.hpp"
#include "release/path_remarks.hpp"
#include "release/wire/template.hpp"

namespace edgeroll::agent {
namespace {

using release::wire::File;

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : "/" + path.substr(0, slash);
}

Result<std::string> bytes_of(const File& file, const Task& task) {
    if (!file.is_template) return file.content;
    // A dispatch without the node's facts (from an older control, or by an operator) must not leave
    // unfilled placeholders.
    for (const auto& [name, value] :
         {std::pair("${node.name}", &task.node_name), std::pair("${node.ip}", &task.node_ip)}) {
        if (value->empty() && file.content.find(name) != std::string::npos) {
            return release::fail("file '" + file.path + "': " + name +
                                 " is unknown: the dispatch does not contain it");
        }
    }
    auto text =
        release::wire::render_template(file.content, task.node_name, task.node_ip, task.labels);
    // Redaction has a size limit: above it no output could be shown (TaskSecrets).
    if (text && file.is_secret && text->size() > release::wire::payload_bytes_max) {
        return release::fail("file '" + file.path + "': this secret has " +
                             std::to_string(text->size()) +
                             " bytes when it is filled in, and may have at most " +
                             std::to_string(release::wire::payload_bytes_max));
    }
    if (text) return text;
    // The error quotes the unknown placeholder.
    const std::string why = file.is_secret
                                ? "a ${…} in this secret is unknown: there are node.name, "
                                  "node.ip and the node's labels"
                                : text.error().message;
    return release::fail("file '" + file.path + "': " + why);
}

/// Writes the file, and a line of the manifest.
Result<void> write(Files& files, const std::string& folder, const std::string& path,
                   const std::string& bytes, const FileAccess& access, Manifest& manifest) {
    manifest.files.push_back(
        {path, access.mode, static_cast<std::int64_t>(bytes.size()), release::sha256_hex(bytes)});
    return files.create_file(folder + "/" + path, bytes, access);
}

Result<void> write_own_files(Files& files, const Task& task, Manifest& manifest) {
    const std::string folder = layout::staged_folder(task.version);
    const std::string version = std::to_string(task.version.value);
    const std::string conf =
        "# Included by the server block: proves which version is served (AGENT_VERIFY_URL).\n"
        "location = /edgeroll-version {\n"
        "    access_log off;\n"
        "    default_type text/plain;\n"
        "    add_header Cache-Control no-store;\n"
        "    return 200 \"" +
        version +
        "\\n\";\n"
        "}\n";
    auto done = write(files, folder, "edgeroll-version", version + "\n", {0644}, manifest);
    if (done) done = write(files, folder, "edgeroll-version.conf", conf, {0644}, manifest);
    return done;
}

/// Write permission for others.
constexpr int by_others = 0002;

/// AGENT_ROOT.
std::string root_of(const Files& files) {
    const std::string live = files.absolute(layout::live);
    return live.substr(0, live.rfind('/'));
}

/// Empty: as far as modes show, the server's user may read all that it should.
std::string group_remark(const release::wire::Payload& payload, const StageOptions& options) {
    constexpr int by_group = 0040;
    if (options.secret_group) return {};
    const auto is_shared = [](const File& file) {
        return file.is_secret && (file.mode & by_group) != 0;
    };
    const auto first = std::ranges::find_if(payload.files, is_shared);
    if (first == payload.files.end()) return {};
    const auto count = std::ranges::count_if(payload.files, is_shared);
    return first->path + (count > 1 ? " and " + std::to_string(count - 1) + " more" : "") +
           ": a secret with mode 0640 belongs to the agent's own group, so a server of another "
           "user "
           "cannot read it unless AGENT_SECRET_GROUP is set";
}

FileAccess access_of(const File& file, int mode, const StageOptions& options) {
    FileAccess access{mode};
    if (file.is_secret) access.group = options.secret_group;
    return access;
}

}  // namespace

Result<release::wire::Payload> load_payload(Files& files, const Task& task) {
    const auto text =
        files.read_file(layout::task_file(task.payload_file), release::wire::dispatch_bytes_max);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return release::fail("the task's payload is no longer there");
    auto payload = release::wire::parse_payload(**text);
    if (!payload) return payload;
    const std::string digest = release::wire::content_digest(*payload);
    if (digest != task.sha256) {
        return release::fail("the content's digest is " + digest + ", not " + task.sha256);
    }
    return payload;
}

Result<Staged> stage_version(Files& files, const Task& task, const StageOptions& options,
                             const Interrupt& interrupt) {
    const auto payload = load_payload(files, task);
    if (!payload) return tl::unexpected(payload.error());
    const std::string staged = layout::staged_folder(task.version);
    if (auto done = files.remove(staged); !done) return tl::unexpected(done.error());
    if (auto done = files.make_folders(staged); !done) return tl::unexpected(done.error());
    const std::string root = root_of(files);
    Staged result;
    Remarks& remarks = result.remarks;
    result.manifest.content_sha256 = task.sha256;
    result.manifest.facts_sha256 = release::wire::facts_digest(
        release::wire::names_in_templates(*payload), task.node_name, task.node_ip, task.labels);
    if (auto remark = group_remark(*payload, options); !remark.empty()) remarks.push_back(remark);
    std::string made_folder;
    for (const File& file : payload->files) {
        if (interrupt.is_set()) return release::fail("interrupted");
        const auto bytes = bytes_of(file, task);
        if (!bytes) return tl::unexpected(bytes.error());
        const std::string folder = folder_of(file.path);
        if (folder != made_folder) {
            if (auto done = files.make_folders(staged + folder); !done) {
                return tl::unexpected(done.error());
            }
            made_folder = folder;
        }
        // New contents with such files are refused; a content kept from before is not.
        const int mode = file.mode & ~by_others;
        if (mode != file.mode)
            remarks.push_back(file.path + ": written without write permission for others");
        auto done = write(files, staged, file.path, *bytes, access_of(file, mode, options),
                          result.manifest);
        if (!done) return tl::unexpected(done.error());
        if (file.is_secret) continue;  // remarks quote the text
        std::ranges::copy(release::path_remarks(file.path, *bytes, root),
                          std::back_inserter(remarks));
    }
    auto done = write_own_files(files, task, result.manifest);
    if (done) done = files.sync_tree(staged);
    if (!done) return tl::unexpected(done.error());
    std::ranges::sort(result.manifest.files, {}, &ManifestFile::path);
    return result;
}

}  // namespace edgeroll::agent
