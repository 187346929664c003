#include "agent/housekeeping.hpp"

#include <algorithm>

#include "agent/layout.hpp"

namespace edgeroll::agent {
namespace {

using release::TaskStatus;
using release::Version;

/// Versions that are kept regardless of their number.
std::set<Version> untouchable(const apply::Book& book, std::optional<Version> live) {
    std::set<Version> kept;
    if (live) kept.insert(*live);
    const auto applied = book.ledger.applied_version;
    if (applied) kept.insert(*applied);
    for (const auto& [id, entry] : book.ledger.tasks) {
        const auto& details = book.details.at(id);
        const bool is_unfinished = !release::is_final(entry.course.status);
        if (is_unfinished) kept.insert(entry.version);
        const bool is_applied_one =
            entry.course.status == TaskStatus::success && entry.version == applied;
        if (details.previous && (is_unfinished || is_applied_one)) kept.insert(*details.previous);
    }
    return kept;
}

/// Versions that were tried and never succeeded.
std::set<Version> failed_versions(const apply::Book& book) {
    std::set<Version> failed, good;
    for (const auto& [id, entry] : book.ledger.tasks) {
        if (entry.course.is_reload_only) continue;
        (entry.course.status == TaskStatus::success ? good : failed).insert(entry.version);
    }
    for (const Version version : good)
        failed.erase(version);
    return failed;
}

}  // namespace

std::vector<Version> versions_to_remove(const std::vector<Version>& present,
                                        const apply::Book& book, std::optional<Version> live,
                                        int keep) {
    const std::set<Version> kept = untouchable(book, live);
    const std::set<Version> failed = failed_versions(book);
    const auto current = live ? live : book.ledger.applied_version;
    std::vector<Version> removed;
    int old_count = 0;
    std::vector<Version> newest_first = present;
    std::ranges::sort(newest_first, std::ranges::greater{});
    // Versions that are kept anyway use up the places first.
    for (const Version version : newest_first) {
        if (kept.contains(version) && version != current) ++old_count;
    }
    for (const Version version : newest_first) {
        if (kept.contains(version)) continue;
        if (failed.contains(version) || old_count >= keep) {
            removed.push_back(version);
        } else {
            ++old_count;
        }
    }
    return removed;
}

Result<std::vector<Version>> present_versions(Files& files) {
    const auto names = files.list(layout::versions);
    if (!names) return tl::unexpected(names.error());
    std::vector<Version> versions;
    for (const std::string& name : *names) {
        if (const auto version = layout::version_from(name)) versions.push_back(*version);
    }
    std::ranges::sort(versions);
    return versions;
}

Result<void> remove_versions(Files& files, const std::vector<Version>& versions) {
    for (const Version version : versions) {
        const std::string away = "staging/old-" + std::to_string(version.value);
        if (auto done = files.make_folders(layout::staging); !done) return done;
        if (auto done = files.remove(away); !done) return done;
        if (auto done = files.rename(layout::version_folder(version), away); !done) return done;
        if (auto done = files.remove(away); !done) return done;
    }
    return {};
}

Result<void> remove_leftovers(Files& files, const std::set<std::string>& needed) {
    const auto staged = files.list(layout::staging);
    if (!staged) return tl::unexpected(staged.error());
    for (const std::string& name : *staged) {
        const std::string path = std::string(layout::staging) + "/" + name;
        if (needed.contains(path)) continue;
        if (auto done = files.remove(path); !done) return done;
    }
    const auto tasks = files.list(layout::tasks);
    if (!tasks) return tl::unexpected(tasks.error());
    for (const std::string& name : *tasks) {
        if (!name.starts_with("payload-") || needed.contains(name)) continue;
        if (auto done = files.remove(layout::task_file(name)); !done) return done;
    }
    return {};
}

}  // namespace edgeroll::agent
