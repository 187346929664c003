// Keeps what is applied consistent with the target of `live`.
#include <algorithm>

#include "agent/layout.hpp"
#include "agent/live_link.hpp"
#include "agent/task_book.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

using release::TaskStatus;
using release::Version;
using rt::LogLevel;

std::string text(std::optional<Version> version) {
    return version ? std::to_string(version->value) : "none";
}

/// The newest finished task with this version, if it succeeded.
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

/// A version that was tried here and never worked is not an operator's choice: it could not be put
/// back, and the next task corrects it.
bool is_failed_version(const apply::Ledger& ledger, Version version) {
    return success_of(ledger, version) == nullptr && has_task(ledger, version);
}

}  // namespace

std::optional<Version> TaskBook::live() const {
    const auto found = read_live(files_);
    return found ? found->version : std::nullopt;
}

bool TaskBook::reconcile_applied(std::optional<Version> live_version) {
    apply::Ledger& ledger = book_.ledger;
    const auto applied = ledger.applied_version;
    if (live_version == applied) {
        failed_live_.reset();
        return false;
    }
    for (const auto& [id, entry] : ledger.tasks) {
        // The task's end decides; until then the version applied before it is the one to put back.
        if (entry.course.status == TaskStatus::running && entry.course.is_switched) return false;
    }
    if (live_version && is_failed_version(ledger, *live_version)) {
        if (failed_live_ != live_version) {
            rt::log(LogLevel::warn, "live_is_a_failed_version",
                    {{"live", text(live_version)}, {"applied", text(applied)}});
        }
        failed_live_ = live_version;
        return false;
    }
    const apply::Entry* success = live_version ? success_of(ledger, *live_version) : nullptr;
    ledger.applied_version = live_version;
    ledger.applied_sha256 = success != nullptr ? success->sha256 : std::string();
    rt::log(LogLevel::warn, "live_was_changed",
            {{"live", text(live_version)}, {"journal", text(applied)}});
    return true;
}

void TaskBook::look_at_live_again() {
    if (!reconcile_applied(live())) return;
    if (const auto done = journal_.append(apply::encode_applied(book_.ledger), book_); !done) {
        // The next start checks again.
        rt::log(LogLevel::error, "journal_failed", {{"error", done.error().message}});
    }
}

Result<void> TaskBook::check_live(const std::string& task_id) {
    if (const auto found = read_live(files_); !found) return tl::unexpected(found.error());
    look_at_live_again();
    const apply::Entry& entry = book_.ledger.tasks.at(task_id);
    const auto applied = book_.ledger.applied_version;
    if (!applied || entry.version > *applied) return {};
    if (entry.is_repair && entry.version == *applied) return {};
    return release::fail("version " + std::to_string(entry.version.value) +
                         " is not above the applied version " + std::to_string(applied->value));
}

Result<void> TaskBook::choose_previous(const std::string& task_id) {
    if (auto fits = check_live(task_id); !fits) return fits;
    // The version that succeeded or was chosen by an operator, not the target of `live`, which may
    // be a failed version that could not be put back.
    const auto applied = book_.ledger.applied_version;
    apply::Details& details = book_.details.at(task_id);
    details.previous =
        applied && files_.is_folder(layout::version_folder(*applied)) ? applied : live();
    const Version version = book_.ledger.tasks.at(task_id).version;
    if (details.previous == version) {
        details.staged_folder = files_.identity(layout::staged_folder(version));
    }
    return {};
}

void TaskBook::respect_moved_live(const std::string& task_id) {
    apply::Details& details = book_.details.at(task_id);
    const auto now = live();
    if (!now || *now == book_.ledger.tasks.at(task_id).version || now == details.previous) return;
    if (is_failed_version(book_.ledger, *now)) return;
    rt::log(LogLevel::warn, "live_was_changed",
            {{"task", task_id}, {"live", text(now)}, {"journal", text(details.previous)}});
    details.previous = now;
}

}  // namespace edgeroll::agent
