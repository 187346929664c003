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
    sent_at_[{claim.owner, claim.release}] = timeline_.now();
    const auto found = good_until_.find({claim.owner, claim.release});
    if (found == good_until_.end() || timeline_.now() >= found->second) {
        violated("I3", claim.owner + " writes release " + text(claim.release.value) +
                           " past the time of its claim");
    }
}

void Witness::sends_dispatch(const std::string& owner, const std::string& task_id,
                             const control::Parcel& parcel) {
    const auto intent = intents_.find({parcel.order_id, task_id});
    if (intent == intents_.end()) {
        violated("intent", owner + " sends " + task_id + " before its row says running");
        return;
    }
    if (intent->second.is_gone) return;  // the sender cannot know yet
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

void Witness::heard(const std::string& owner, const Message& message, Instant sent_at,
                    const release::Answer& answer) {
    const std::string& task_id = message.task_id;
    const bool is_query = message.kind == Message::Kind::query;
    if (answer.heard == Heard::used_id && message.parcel) {
        passed_over_.insert({message.parcel->order_id, task_id});
    }
    // What a cancel is answered is no word about the dispatch, which may have ended just before.
    const bool is_refusal =
        answer.heard == Heard::server_error || answer.heard == Heard::unknown_task;
    if (is_refusal && message.kind != Message::Kind::cancel) {
        heard_refusal_.insert_or_assign({owner, key_of(answer.about.order_id, task_id)},
                                        timeline_.now());
    }
    const bool is_silence = answer.heard == Heard::no_answer || answer.heard == Heard::not_sent ||
                            answer.heard == Heard::wrong_peer;
    if (!is_silence) {
        const TaskKey asked = key_of(answer.about.order_id, task_id);
        heard_at_.insert_or_assign({owner, asked}, timeline_.now());
    }
    if (answer.heard != Heard::accepted) return;
    const TaskKey key = key_of(answer.about.order_id, task_id);
    const auto intent = intents_.find(key);
    if (intent == intents_.end() || intent->second.is_gone) return;
    // Asked before the process had to discard its state: the answer is ignored.
    const auto disturbed = disturbed_at_.find({owner, intent->second.release});
    if (disturbed != disturbed_at_.end() && disturbed->second >= sent_at) return;
    // A dispatch answer "failed" carries no reason: control queries it once more.
    const bool is_last_word =
        answer.status == TaskStatus::success || (is_query && release::is_final(answer.status));
    if (is_last_word) heard_final_.try_emplace({owner, key}, timeline_.now());
}

Witness::TaskKey Witness::key_of(const std::string& order, const std::string& task_id) const {
    const auto newest = newest_.find(task_id);
    if (!order.empty() || newest == newest_.end()) return {order, task_id};
    return newest->second;
}

void Witness::deleted(release::ReleaseId id) {
    has_deleted_releases_ = true;
    way_back_since_.erase(id);
    for (auto& [key, intent] : intents_) {
        if (intent.release == id) intent.is_gone = true;
    }
    read_at_.erase(id);
    work_.erase(id);
    waved_through_.erase(id);
    cut_short_.erase(id);
    undone_.erase(id);
    proven_releases_.erase(id);
    std::erase_if(sent_content_, [&](const auto& sent) { return sent.first.first == id; });
}

void Witness::taken(const SimNode& node, const agent::apply::Offer& offer, bool is_new) {
    const TaskKey key = key_of(offer.order_id, offer.task_id);
    if (!taken_.insert(key).second != !is_new) {
        violated("order", node.name() + (is_new ? " runs " : " answers ") + offer.task_id +
                              " as if it were " + (is_new ? "new" : "another release's"));
    }
    if (!intents_.contains(key)) {
        violated("intent", node.name() + " got " + offer.task_id + " without an intent");
    }
    const auto sent = intents_.find(key);
    if (is_new && sent != intents_.end()) check_fast_return(node, sent->second);
    if (!offer.epoch) return;
    // The sender, possibly paused, lost the claim while the message was on its way: the owner does
    // not know of it, and the agent may just have denied the task.
    const auto intent = intents_.find(key);
    const bool is_ours =
        intent != intents_.end() && !intent->second.is_gone && database_ != nullptr;
    if (is_ours && is_new &&
        *offer.epoch < database_->releases().at(intent->second.release).claim_epoch) {
        late_.insert(offer.task_id);
    }
    Epoch& highest = highest_epoch_[node.id()][offer.order_id];
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

void Witness::finished(const SimNode& node, const agent::apply::Entry& task, TaskStatus status) {
    End& end = ended_[key_of(task.order_id, task.task_id)];
    end.statuses.insert(status);
    end.sha256 = task.sha256;
    if (status == TaskStatus::success && node.live()) proven_[node.id()].insert(*node.live());
}

void Witness::live_changed(const SimNode& node) {
    lives_[node.id()].version = node.live();
    if (!node.is_live_whole()) {
        violated("I8", node.name() + " serves a version that is not whole and checked");
    }
}

void Witness::wiped(const SimNode& node) {
    lives_[node.id()].wiped_at = timeline_.now();
    highest_epoch_.erase(node.id());
    runs_.erase(node.id());
    running_.erase(node.id());
    // An agent that has forgotten everything looks as if it had never been asked.
    for (const auto& [key, intent] : intents_) {
        if (intent.node == node.id()) taken_.erase(key);
    }
}

void Witness::row_deleted(release::ReleaseId of, const TaskRow& row) {
    lost_rows_.insert(row.node);
    // Its task may still run; another row may get the same id.
    if (!row.task_id.empty()) late_.insert(row.task_id);
    TaskRow known = row;
    if (is_unread(of, row)) known.status = row.status_before_hand;  // no other status was read
    deleted_[of].emplace_back(timeline_.now(), std::move(known));
}

void Witness::has_read(release::ReleaseId id, Instant read_at, bool is_all) {
    read_at_[id] = read_at;
    if (!is_all) return;
    std::erase_if(deleted_[id], [&](const auto& entry) { return entry.first < read_at; });
}

void Witness::add_deleted(release::ReleaseId id, std::vector<TaskRow>& rows) const {
    const auto found = deleted_.find(id);
    if (found == deleted_.end()) return;
    for (const auto& [at, row] : found->second)
        rows.push_back(row);
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
