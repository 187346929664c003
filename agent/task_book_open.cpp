// Recovery after a stop or a crash.
#include <algorithm>
#include <set>
#include <utility>

#include "agent/digest_migration.hpp"
#include "agent/layout.hpp"
#include "agent/live_link.hpp"
#include "agent/task_book.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

using apply::Course;
using release::TaskStatus;
using release::Version;
using rt::LogLevel;

}  // namespace

Result<void> TaskBook::open() {
    if (auto done = files_.make_folders(layout::tasks); !done) return done;
    const auto found = read_live(files_);
    if (!found) return tl::unexpected(found.error());
    auto loaded = journal_.load();
    if (!loaded) return tl::unexpected(loaded.error());
    book_ = std::move(*loaded);
    if (auto done = migrate_digests(files_, book_); !done) return done;
    const auto live_version = found->version;
    recover_tasks(live_version);
    (void)reconcile_applied(live_version);
    apply::prune(book_, 200, live_version);
    if (const auto done = journal_.rewrite(book_); !done) {
        // A full disk must not keep the agent from reporting it; the journal on disk is still
        // valid.
        rt::log(LogLevel::error, "journal_failed", {{"error", done.error().message}});
    }
    return {};
}

void TaskBook::recover_tasks(std::optional<Version> live_version) {
    const std::int64_t now = wall_clock_.now_ms();
    for (auto& [id, entry] : book_.ledger.tasks) {
        apply::Details& details = book_.details.at(id);
        if (release::is_final(entry.course.status)) continue;
        if (details.timeout_ms > 0) {
            // A clock set back must not give the task more than its whole time again.
            const std::int64_t left = std::clamp(details.created_at + details.timeout_ms - now,
                                                 std::int64_t{0}, details.timeout_ms);
            deadlines_[id] = clock_.now() + Millis(left);
        }
        if (entry.course.status != TaskStatus::running) continue;
        const bool is_in_place =
            details.staged_folder == files_.identity(layout::version_folder(entry.version));
        const bool is_live_new =
            live_version == entry.version && (!details.staged_folder || is_in_place);
        entry.course = apply::recover(std::move(entry.course), is_live_new);
        for (apply::StepRecord& step : details.steps) {
            if (step.status != TaskStatus::running) continue;
            step.status = TaskStatus::failed;
            step.finished_at = now;
            step.output = "the agent was restarted";
        }
        const bool is_over = release::is_final(entry.course.status);
        if (is_over) details.finished_at = now;
        rt::log(LogLevel::warn, "task_recovered",
                {{"task", id},
                 {"status", std::string(release::to_text(entry.course.status))},
                 {"error", entry.course.last_error}});
    }
}

}  // namespace edgeroll::agent
