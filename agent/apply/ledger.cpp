#include "agent/apply/ledger.hpp"

#include <algorithm>
#include <utility>

#include "release/mutant.hpp"
#include "release/result.hpp"

namespace edgeroll::agent::apply {
namespace {

using release::TaskStatus;
namespace code = release::code;

Admission refuse(int refusal_code, std::string message) {
    Admission admission;
    admission.code = refusal_code;
    admission.message = std::move(message);
    return admission;
}

std::string text(std::int64_t number) {
    return std::to_string(number);
}

/// The first difference between the known task and the offer; nothing: they are the same.
const char* difference(const Entry& known, const Offer& offer) {
    const bool is_apply = known.course.type == TaskType::apply_config;
    if (known.course.type != offer.type) return "of another type";
    if (known.version != offer.version) return "of another version";
    if ((is_apply ? known.sha256 : known.payload_sha256) != offer.sha256) {
        return "with other content";
    }
    const bool is_other_order = !offer.order_id.empty() && known.order_id != offer.order_id;
    return is_other_order ? "of another order" : nullptr;
}

}  // namespace

FenceKey fence_of(const Offer& offer) {
    return {offer.version, offer.type, offer.order_id, offer.sha256};
}

std::optional<release::Epoch> highest_seen(const Ledger& ledger, const Offer& offer) {
    std::optional<release::Epoch> highest;
    // Entries of an older agent (without order) come first, then the orders.
    const FenceKey first{offer.version, offer.type, offer.order_id};
    for (auto it = ledger.highest_epoch.lower_bound(first); it != ledger.highest_epoch.end();
         ++it) {
        const FenceKey& key = it->first;
        if (key.version != offer.version || key.type != offer.type) break;
        if (!offer.order_id.empty() && key.order_id != offer.order_id) break;
        if (key.sha256 && *key.sha256 != offer.sha256) continue;
        if (!highest || *highest < it->second) highest = it->second;
    }
    return highest;
}

bool is_fenced_off(const Ledger& ledger, const Offer& offer) {
    if (!offer.epoch || release::has_mutant(release::Mutant::fence_forgotten)) return false;
    const auto highest = highest_seen(ledger, offer);
    return highest && *offer.epoch < *highest;
}

Admission admit(const Ledger& ledger, const Offer& offer, int queue_max) {
    Admission admission;
    if (is_fenced_off(ledger, offer)) {
        return refuse(code::wrong_state, "epoch " + text(offer.epoch->value) + " of version " +
                                             text(offer.version.value) + " is older than " +
                                             text(highest_seen(ledger, offer)->value) +
                                             ", which has been seen already");
    }
    const auto known = ledger.tasks.find(offer.task_id);
    if (known != ledger.tasks.end()) {
        const char* other = difference(known->second, offer);
        if (other != nullptr && !release::has_mutant(release::Mutant::order_forgotten)) {
            return refuse(code::exists,
                          "task " + offer.task_id + " was used for another release, " + other);
        }
        admission.kind = Admission::Kind::repeat;
        admission.status = known->second.course.status;
        return admission;
    }
    const bool is_banned =
        ledger.banned.contains(offer.sha256) || ledger.banned.contains(offer.plain_sha256);
    if (!offer.is_forced && is_banned) {
        return refuse(code::wrong_state, "content " + offer.sha256 +
                                             " is banned: it was rolled back or banned by hand; "
                                             "force the release to use it all the same");
    }
    const bool has_content = offer.type == TaskType::apply_config && !offer.sha256.empty();
    int unfinished = 0;
    for (const auto& [id, entry] : ledger.tasks) {
        if (release::is_final(entry.course.status)) continue;
        ++unfinished;
        if (has_content && !entry.sha256.empty() && offer.version <= entry.version) {
            return refuse(code::wrong_state,
                          "version " + text(offer.version.value) + " is not above version " +
                              text(entry.version.value) + " of task " + id + ", which is " +
                              std::string(release::to_text(entry.course.status)));
        }
    }
    const bool is_applied = has_content && ledger.applied_version == offer.version;
    const bool is_own = is_applied && offer.sha256 == ledger.applied_sha256;
    const bool is_repaired =
        offer.is_repair && (is_own || (is_applied && ledger.applied_sha256.empty()));
    const bool is_old =
        has_content && ledger.applied_version && offer.version <= *ledger.applied_version;
    if (is_old && !is_repaired) {
        if (is_own) {
            admission.kind = Admission::Kind::done;
            admission.status = TaskStatus::success;
            return admission;
        }
        return refuse(
            code::wrong_state,
            is_applied ? "version " + text(offer.version.value) +
                             " is applied with other content; use a new, higher version"
                       : "version " + text(offer.version.value) + " is below the applied version " +
                             text(ledger.applied_version->value) +
                             "; to go back, use a new, higher version with the old content");
    }
    if (unfinished > queue_max) {
        return refuse(code::busy, "too busy: " + text(queue_max) +
                                      " tasks are waiting already (AGENT_MAX_QUEUE)");
    }
    admission.kind = Admission::Kind::run;
    return admission;
}

Ledger record(Ledger ledger, const Offer& offer, const Admission& admission) {
    if (admission.kind == Admission::Kind::refuse) return ledger;
    if (offer.epoch) {
        auto& highest = ledger.highest_epoch[fence_of(offer)];
        highest = std::max(highest, *offer.epoch);
    }
    if (admission.kind == Admission::Kind::repeat) return ledger;
    Entry entry;
    entry.task_id = offer.task_id;
    entry.order_id = offer.order_id;
    entry.version = offer.version;
    entry.is_repair = offer.is_repair;
    // Only apply_config changes what is applied.
    (offer.type == TaskType::apply_config ? entry.sha256 : entry.payload_sha256) = offer.sha256;
    for (const auto& [id, other] : ledger.tasks)
        entry.order = std::max(entry.order, other.order);
    ++entry.order;
    entry.course.type = offer.type;
    entry.course.job_count = offer.job_count;
    entry.course.is_reload_only = entry.sha256.empty();
    entry.course.status = admission.status;
    ledger.tasks.insert_or_assign(offer.task_id, std::move(entry));
    return ledger;
}

void advance(Ledger& ledger, const std::string& task_id, Course course) {
    const auto found = ledger.tasks.find(task_id);
    if (found == ledger.tasks.end()) return;
    Entry& entry = found->second;
    if (course.status == TaskStatus::success && !course.is_reload_only) {
        ledger.applied_version = entry.version;
        ledger.applied_sha256 = entry.sha256;
    }
    entry.course = std::move(course);
}

std::optional<std::string> next_task(const Ledger& ledger) {
    const Entry* first = nullptr;
    for (const auto& [id, entry] : ledger.tasks) {
        if (entry.course.status == TaskStatus::running) return std::nullopt;
        if (entry.course.status != TaskStatus::pending) continue;
        if (first == nullptr || entry.order < first->order) first = &entry;
    }
    if (first == nullptr) return std::nullopt;
    return first->task_id;
}

CancelAnswer cancel(Ledger& ledger, const std::string& task_id) {
    CancelAnswer answer;
    const auto found = ledger.tasks.find(task_id);
    if (found == ledger.tasks.end()) {
        answer.code = code::not_found;
        answer.message = "task " + task_id + " is not known here";
        return answer;
    }
    Course& course = found->second.course;
    if (release::is_final(course.status)) {
        answer.code = code::wrong_state;
        answer.message =
            "task " + task_id + " is finished: " + std::string(release::to_text(course.status));
    } else if (is_past_return(course)) {
        answer.code = code::wrong_state;
        answer.message =
            "too late: task " + task_id + " is past its switch and can no longer be cancelled";
    } else {
        course.is_cancel_wanted = true;
        if (course.status == TaskStatus::pending) course = settle(std::move(course));
    }
    answer.status = course.status;
    return answer;
}

}  // namespace edgeroll::agent::apply
