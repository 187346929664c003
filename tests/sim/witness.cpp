#include "witness.hpp"

namespace edgeroll::sim {

using release::Epoch;
using release::Heard;
using release::TaskStatus;

namespace {

std::string text(std::int64_t number) {
    return std::to_string(number);
}

}  // namespace

void Witness::violated(const std::string& invariant, const std::string& detail) {
    violations_.push_back(invariant + ": " + detail);
    trace_.note(timeline_.now(), "VIOLATION", violations_.back());
}

void Witness::holds_claim(const std::string& owner, release::ReleaseId id, Instant good_until) {
    good_until_[{owner, id}] = good_until;
}

void Witness::was_disturbed(const std::string& owner, release::ReleaseId id) {
    disturbed_at_[{owner, id}] = timeline_.now();
}

void Witness::writes(const control::Claim& claim) {
    const auto found = good_until_.find({claim.owner, claim.release});
    if (found == good_until_.end() || timeline_.now() >= found->second) {
        violated("I3", claim.owner + " writes release " + text(claim.release.value) +
                           " past the time of its claim");
    }
}

void Witness::sends_dispatch(const std::string& owner, const std::string& task_id,
                             const control::Parcel& parcel) {
    const auto intent = intents_.find(task_id);
    if (intent == intents_.end()) {
        violated("intent", owner + " sends " + task_id + " before its row says running");
        return;
    }
    const release::ReleaseId id = intent->second.release;
    const auto claim = good_until_.find({owner, id});
    if (claim == good_until_.end() || timeline_.now() >= claim->second) {
        violated("I3", owner + " sends " + task_id + " past the time of its claim");
    }
    for (const TaskRow& row : database_->rows(id)) {
        if (row.node == intent->second.node) check_content(id, row, parcel);
    }
    if (parcel.version != database_->releases().at(id).version) {
        violated("I10", task_id + " is sent with version " + text(parcel.version.value));
    }
}

void Witness::heard(const std::string& owner, const std::string& task_id, bool is_query,
                    Instant sent_at, const release::Answer& answer) {
    if (answer.heard == Heard::server_error) {
        heard_refusal_.insert_or_assign({owner, task_id}, timeline_.now());
    }
    if (answer.heard != Heard::accepted) return;
    const auto intent = intents_.find(task_id);
    if (intent == intents_.end()) return;
    // Asked before its process had to throw its state away: nobody listens to it any more.
    const auto disturbed = disturbed_at_.find({owner, intent->second.release});
    if (disturbed != disturbed_at_.end() && disturbed->second >= sent_at) return;
    // A dispatch that is answered "failed" carries no reason: control asks once more for it.
    const bool is_last_word =
        answer.status == TaskStatus::success || (is_query && release::is_final(answer.status));
    if (is_last_word) heard_final_.try_emplace({owner, task_id}, timeline_.now());
}

void Witness::taken(const SimNode& node, const agent::apply::Offer& offer, bool is_new) {
    taken_.insert(offer.task_id);
    if (!intents_.contains(offer.task_id)) {
        violated("intent", node.name() + " got " + offer.task_id + " without an intent");
    }
    if (!offer.epoch) return;
    // Its sender, paused perhaps, lost the claim while it was on the wire: the owner knows nothing
    // of it, and may have been told a moment ago that the agent does not have the task.
    const auto intent = intents_.find(offer.task_id);
    const bool is_ours = intent != intents_.end() && database_ != nullptr;
    if (is_ours && is_new &&
        *offer.epoch < database_->releases().at(intent->second.release).claim_epoch) {
        late_.insert(offer.task_id);
    }
    Epoch& highest = highest_epoch_[node.id()][offer.version];
    if (*offer.epoch < highest) {
        violated("I3", node.name() + (is_new ? " took " : " answered ") + offer.task_id +
                           " of epoch " + text(offer.epoch->value) + " after epoch " +
                           text(highest.value));
    }
    highest = std::max(highest, *offer.epoch);
}

void Witness::run_began(const SimNode& node, const std::string& task_id) {
    if (++runs_[node.id()][task_id] > 1) {
        violated("I2", node.name() + " runs " + task_id + " a second time");
    }
    auto& running = running_[node.id()];
    running.insert(task_id);
    if (running.size() > 1) violated("I2", node.name() + " runs two tasks at a time");
}

void Witness::run_ended(const SimNode& node, const std::string& task_id) {
    running_[node.id()].erase(task_id);
}

void Witness::finished(const SimNode& node, const std::string& task_id, TaskStatus status) {
    ended_[task_id].insert(status);
    if (status == TaskStatus::success && node.live()) proven_[node.id()].insert(*node.live());
}

void Witness::live_changed(const SimNode& node) {
    if (!node.is_live_whole()) {
        violated("I8", node.name() + " serves a version that is not whole and checked");
    }
}

void Witness::wiped(const SimNode& node) {
    highest_epoch_.erase(node.id());
    runs_.erase(node.id());
    running_.erase(node.id());
    // An agent that has forgotten everything was, for all that anybody can find out, never asked.
    for (const auto& [task_id, intent] : intents_) {
        if (intent.node == node.id()) taken_.erase(task_id);
    }
}

void Witness::claimed(const ReleaseRow& before, const ReleaseRow& after) {
    if (after.claim_epoch <= before.claim_epoch) {
        violated("I3", "claim_epoch of release " + text(after.id.value) + " did not grow");
    }
    if (database_->has_lease(before, timeline_.now())) {
        violated("I3", "release " + text(after.id.value) + " was claimed under a valid lease");
    }
    trace_.note(timeline_.now(), "database",
                "release " + text(after.id.value) + " claimed by " + after.claimed_by + " epoch " +
                    text(after.claim_epoch.value));
}

}  // namespace edgeroll::sim
