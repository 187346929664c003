#include "agent/task_secrets.hpp"

#include <utility>

#include "agent/kept_contents.hpp"
#include "agent/layout.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/template.hpp"

namespace edgeroll::agent {
namespace {

using release::Version;
using release::wire::File;
using release::wire::Payload;

/// Most contents have none, and parsing a large one is slow. The word may be written with escapes,
/// too.
bool may_have_secrets(const std::string& json) {
    return json.find("\"secret\"") != std::string::npos || json.find("\\u") != std::string::npos;
}

/// Nothing: absent, or without secrets.
Result<std::optional<Payload>> read_payload(Files& files, const std::string& path) {
    const auto text = files.read_file(path, release::wire::dispatch_bytes_max);
    if (!text) return tl::unexpected(text.error());
    if (!*text || !may_have_secrets(**text)) return std::optional<Payload>();
    auto payload = release::wire::parse_payload(**text);
    if (!payload) return release::fail(files.absolute(path) + ": " + payload.error().message);
    return std::optional<Payload>(std::move(*payload));
}

Result<void> add_own(Files& files, const Task& task, Secrets& secrets) {
    if (task.sha256.empty() || task.payload_file.empty()) return {};
    auto payload = read_payload(files, layout::task_file(task.payload_file));
    if (!payload) return tl::unexpected(payload.error());
    if (!*payload) return {};
    for (File& file : (*payload)->files) {
        if (!file.is_secret) continue;
        if (file.is_template) {
            auto filled_in = release::wire::render_template(file.content, task.node_name,
                                                            task.node_ip, task.labels);
            if (filled_in) secrets.add(std::move(*filled_in));
        }
        secrets.add(std::move(file.content));
    }
    return {};
}

/// Larger files were changed by an operator, or come from a release made before the limit
/// (stage_version).
Result<std::optional<std::string>> read_secret(Files& files, const std::string& path) {
    auto text = files.read_file(path, release::wire::dispatch_bytes_max);
    if (text) return text;
    return release::fail(text.error().message +
                         "; make it smaller, or release two versions without it");
}

/// Without the content it is unknown which files are secret: takes those that not everybody may
/// read.
Result<void> add_closed_files(Files& files, Version version, Secrets& secrets) {
    constexpr std::size_t entries_max = 1'000'000;  // more than a payload can hold
    constexpr std::size_t bytes_max = 4 * release::wire::payload_bytes_max;
    constexpr int by_others = 0004;
    const std::string folder = layout::version_folder(version);
    const auto found = files.find_files(folder, entries_max);
    if (!found) return tl::unexpected(found.error());
    std::size_t bytes = 0;
    for (const FoundFile& file : *found) {
        if (!file.is_regular || (file.mode & by_others) != 0) continue;
        auto now = read_secret(files, file.path);
        if (!now) return tl::unexpected(now.error());
        if (!*now) continue;
        bytes += (*now)->size();
        if (bytes > bytes_max) {
            return release::fail("files in " + files.absolute(folder) +
                                 " that not everybody may read have more than " +
                                 std::to_string(bytes_max) + " bytes together");
        }
        secrets.add(std::move(**now));
    }
    return {};
}

/// Both the content as sent and its current files: filled in, perhaps changed by an operator.
Result<void> add_version(Files& files, Version version, Secrets& secrets) {
    const auto contents = kept_contents(files);
    if (!contents) return tl::unexpected(contents.error());
    bool is_kept = false;
    for (const KeptContent& kept : *contents) {
        if (kept.version != version) continue;
        is_kept = true;
        auto payload = read_payload(files, kept.path);
        if (!payload) return tl::unexpected(payload.error());
        if (!*payload) continue;
        for (File& file : (*payload)->files) {
            if (!file.is_secret) continue;
            auto now = read_secret(files, layout::version_folder(version) + "/" + file.path);
            if (!now) return tl::unexpected(now.error());
            if (*now && **now != file.content) secrets.add(std::move(**now));
            secrets.add(std::move(file.content));
        }
    }
    return is_kept ? Result<void>() : add_closed_files(files, version, secrets);
}

}  // namespace

Result<std::shared_ptr<const Secrets>> TaskSecrets::of(const Task& task) {
    const bool is_known = known_ && known_->task_id == task.task_id && known_->live == task.live &&
                          known_->previous == task.previous;
    if (is_known) return known_->secrets;
    known_.reset();
    auto secrets = std::make_shared<Secrets>();
    auto done = add_own(files_, task, *secrets);
    if (done && task.live) done = add_version(files_, *task.live, *secrets);
    if (done && task.previous && task.previous != task.live) {
        done = add_version(files_, *task.previous, *secrets);
    }
    if (!done) return tl::unexpected(done.error());
    known_ = Known{task.task_id, task.live, task.previous, std::move(secrets)};
    return known_->secrets;
}

}  // namespace edgeroll::agent
