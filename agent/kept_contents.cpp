#include "agent/kept_contents.hpp"

#include <algorithm>
#include <string_view>

#include "agent/layout.hpp"
#include "release/text/digits.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::agent {
namespace {

using release::TaskStatus;
using release::Version;

constexpr std::string_view ending = ".json";

std::string path_of(const std::string& name) {
    return std::string(layout::contents) + "/" + name;
}

struct Kept {
    Version version;
    std::string sha256;
};

/// Parses a file's name; nothing for any other name.
std::optional<Kept> kept_from(std::string_view name) {
    const auto dash = name.find('-');
    if (dash == std::string_view::npos || !name.ends_with(ending)) return std::nullopt;
    const auto version = layout::version_from(name.substr(0, dash));
    name.remove_prefix(dash + 1);
    name.remove_suffix(ending.size());
    if (!version || !release::is_sha256_hex(name)) return std::nullopt;
    return Kept{*version, std::string(name)};
}

bool is_content(const std::string& text, const std::string& sha256) {
    const auto payload = release::wire::parse_payload(text);
    return payload && release::wire::content_digest(*payload) == sha256;
}

/// Names of the files that hold this content, by their names.
Result<std::vector<std::string>> holders(Files& files, const std::string& sha256) {
    auto names = files.list(layout::contents);
    if (!names) return names;
    std::erase_if(*names, [&](const std::string& name) {
        const auto kept = kept_from(name);
        return !kept || kept->sha256 != sha256;
    });
    return names;
}

}  // namespace

std::string content_path(Version version, const std::string& sha256) {
    return path_of(std::to_string(version.value) + "-" + sha256 + std::string(ending));
}

Result<std::vector<KeptContent>> kept_contents(Files& files) {
    const auto names = files.list(layout::contents);
    if (!names) return tl::unexpected(names.error());
    std::vector<KeptContent> contents;
    for (const std::string& name : *names) {
        const auto kept = kept_from(name);
        if (kept) contents.push_back(KeptContent{kept->version, kept->sha256, path_of(name)});
    }
    return contents;
}

Result<bool> is_content_held(Files& files, const std::string& sha256) {
    const auto names = holders(files, sha256);
    if (!names) return tl::unexpected(names.error());
    return !names->empty();
}

Result<std::optional<std::string>> read_content(Files& files, const std::string& sha256) {
    const auto names = holders(files, sha256);
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
        auto text = files.read_file(path_of(name), release::wire::dispatch_bytes_max);
        if (text && !*text) continue;  // its version was just removed
        if (text && is_content(**text, sha256)) return std::move(*text);
        // The sender sends the content again, and a good copy replaces this one.
        if (auto done = files.remove(path_of(name)); !done) return tl::unexpected(done.error());
    }
    return std::optional<std::string>();
}

Result<void> keep_content(Files& files, const std::string& payload_file, Version version,
                          const std::string& sha256) {
    if (auto done = files.make_folders(layout::contents); !done) return done;
    return files.rename(layout::task_file(payload_file), content_path(version, sha256));
}

bool is_in_force(const apply::Course& course, Version version, std::optional<Version> live) {
    return course.status == TaskStatus::success || (course.is_switched && live == version);
}

Result<void> keep_left_contents(Files& files, const apply::Book& book,
                                std::optional<Version> live) {
    const auto left = files.list(layout::tasks);
    if (!left) return tl::unexpected(left.error());
    for (const auto& [id, entry] : book.ledger.tasks) {
        const std::string& file = book.details.at(id).payload_file;
        if (entry.sha256.empty() || !release::is_final(entry.course.status)) continue;
        if (!is_in_force(entry.course, entry.version, live)) continue;
        if (std::ranges::find(*left, file) == left->end()) continue;
        auto done = keep_content(files, file, entry.version, entry.sha256);
        if (!done) return done;
    }
    return {};
}

Result<void> prune_contents(Files& files, const std::vector<Version>& present) {
    const auto names = files.list(layout::contents);
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
        const auto kept = kept_from(name);
        if (kept && std::ranges::find(present, kept->version) != present.end()) continue;
        if (auto done = files.remove(path_of(name)); !done) return done;
    }
    return {};
}

}  // namespace edgeroll::agent
