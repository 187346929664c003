// Coming back after a stop or a crash.
#include <algorithm>
#include <set>
#include <utility>

#include "agent/layout.hpp"
#include "agent/recount.hpp"
#include "agent/task_book.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

using apply::Course;
using release::TaskStatus;
using release::Version;
using tls::rt::LogLevel;

std::string text(std::optional<Version> version) {
    return version ? std::to_string(version->value) : "none";
}

/// The newest finished task that brought this version, if it was a success.
const apply::Entry* success_of(const apply::Ledger& ledger, Version version) {
    const apply::Entry* newest = nullptr;
    for (const auto& [id, entry] : ledger.tasks) {
        if (entry.version != version || entry.sha256.empty()) continue;
        if (entry.course.status != TaskStatus::success) continue;
        if (newest == nullptr || entry.order > newest->order) newest = &entry;
    }
    return newest;
}

bool has_task(const apply::Ledger& ledger, Version version) {
    return std::ranges::any_of(ledger.tasks, [&](const auto& item) {
        return item.second.version == version && !item.second.sha256.empty();
    });
}

}  // namespace

std::optional<Version> TaskBook::live() const {
    const auto target = files_.read_link(layout::live);
    if (!target || !*target) return std::nullopt;
    const auto version = layout::version_from_target(**target);
    if (!version || !files_.is_folder(layout::version_folder(*version))) return std::nullopt;
    return version;
}

Result<void> TaskBook::open() {
    if (auto done = files_.make_folders(layout::tasks); !done) return done;
    const auto target = files_.read_link(layout::live);
    if (!target) return tl::unexpected(target.error());
    if (*target && !layout::version_from_target(**target)) {
        return release::fail(files_.absolute(layout::live) + " points to " + **target +
                             ", not to versions/<version>: point it to a version or remove it");
    }
    auto loaded = journal_.load();
    if (!loaded) return tl::unexpected(loaded.error());
    book_ = std::move(*loaded);
    if (auto done = recount_digests(files_, book_); !done) return done;
    const auto live_version = live();
    recover_tasks(live_version);
    reconcile_applied(live_version);
    apply::prune(book_, 200, live_version);
    if (const auto done = journal_.rewrite(book_); !done) {
        // A full disk must not keep the agent from saying so; what is on it is still valid.
        tls::rt::log(LogLevel::error, "journal_failed", {{"error", done.error().message}});
    }
    return {};
}

void TaskBook::recover_tasks(std::optional<Version> live_version) {
    const std::int64_t now = wall_clock_.now_ms();
    for (auto& [id, entry] : book_.ledger.tasks) {
        apply::Details& details = book_.details.at(id);
        if (release::is_final(entry.course.status)) continue;
        if (details.timeout_ms > 0) {
            // A clock that was set back must not give the task more than its whole time again.
            const std::int64_t left = std::clamp(details.created_at + details.timeout_ms - now,
                                                 std::int64_t{0}, details.timeout_ms);
            deadlines_[id] = clock_.now() + Millis(left);
        }
        if (entry.course.status != TaskStatus::running) continue;
        entry.course = apply::recover(std::move(entry.course), live_version == entry.version);
        for (apply::StepRecord& step : details.steps) {
            if (step.status != TaskStatus::running) continue;
            step.status = TaskStatus::failed;
            step.finished_at = now;
            step.output = "the agent was restarted";
        }
        const bool is_over = release::is_final(entry.course.status);
        if (is_over) details.finished_at = now;
        tls::rt::log(LogLevel::warn, "task_recovered",
                     {{"task", id},
                      {"status", std::string(release::to_text(entry.course.status))},
                      {"error", entry.course.last_error}});
    }
}

void TaskBook::reconcile_applied(std::optional<Version> live_version) {
    apply::Ledger& ledger = book_.ledger;
    const auto applied = ledger.applied_version;
    if (live_version == applied) return;
    for (const auto& [id, entry] : ledger.tasks) {
        // Its end decides; until then what was applied before it is what will be put back.
        if (entry.course.status == TaskStatus::running && entry.course.is_switched) return;
    }
    const apply::Entry* success = live_version ? success_of(ledger, *live_version) : nullptr;
    if (success == nullptr && live_version && has_task(ledger, *live_version)) {
        // A version that failed and could not be put back: the next task puts it right.
        tls::rt::log(LogLevel::warn, "live_is_a_failed_version",
                     {{"live", text(live_version)}, {"applied", text(applied)}});
        return;
    }
    ledger.applied_version = live_version;
    ledger.applied_sha256 = success != nullptr ? success->sha256 : std::string();
    tls::rt::log(LogLevel::warn, "live_was_changed",
                 {{"live", text(live_version)}, {"journal", text(applied)}});
}

}  // namespace edgeroll::agent
