#include "sim_node.hpp"

#include <algorithm>
#include <utility>

#include "release/mutant.hpp"
#include "sim_database.hpp"

namespace edgeroll::sim {

using namespace agent::apply;
using release::Answer;
using release::Heard;
using release::TaskStatus;

namespace {

Answer only(Heard heard, std::string message) {
    Answer answer;
    answer.heard = heard;
    answer.message = std::move(message);
    return answer;
}

Answer accepted(TaskStatus status) {
    Answer answer;
    answer.heard = Heard::accepted;
    answer.status = status;
    return answer;
}

Heard heard_of_code(int code) {
    if (code == release::code::wrong_state) return Heard::wrong_state;
    if (code == release::code::busy) return Heard::server_error;
    if (code == release::code::exists) return Heard::used_id;
    if (code == release::code::not_found) return Heard::unknown_task;
    return Heard::refused;
}

}  // namespace

SimNode::SimNode(release::NodeId id, Timeline& timeline, Faults& faults, Trace& trace,
                 NodeWitness& witness, Rng rng)
    : id_(id),
      name_("node-" + std::to_string(id.value)),
      timeline_(timeline),
      faults_(faults),
      trace_(trace),
      witness_(witness),
      rng_(rng) {}

release::Observation SimNode::observation() const {
    release::Observation seen;
    seen.agent_version = "1";
    if (!is_two_call) seen.capabilities = "queue,repair";
    seen.content = release::ObservedContent::empty;
    if (!live_) return seen;
    const auto found = versions_.find(*live_);
    const bool is_edited = found != versions_.end() && found->second.is_edited;
    seen.content = is_live_whole() && !is_edited ? release::ObservedContent::whole
                                                 : release::ObservedContent::changed;
    seen.version = live_;
    if (ledger_.applied_version == live_) seen.sha256 = ledger_.applied_sha256;
    return seen;
}

bool SimNode::is_live_whole() const {
    if (!live_) return true;
    const auto found = versions_.find(*live_);
    return found != versions_.end() && found->second.is_whole && found->second.is_checked;
}

bool SimNode::is_busy() const {
    return std::any_of(journal_.tasks.begin(), journal_.tasks.end(), [](const auto& task) {
        return !release::is_final(task.second.course.status);
    });
}

void SimNode::receive(const Message& message, Reply reply) {
    if (!is_up_) {
        reply(only(Heard::no_answer, "connection reset"));
        return;
    }
    switch (message.kind) {
        case Message::Kind::dispatch:
            receive_dispatch(message, reply);
            return;
        case Message::Kind::query:
            receive_query(message, std::move(reply));
            return;
        case Message::Kind::cancel:
            receive_cancel(message, reply);
            return;
    }
}

void SimNode::receive_dispatch(const Message& message, const Reply& reply) {
    const control::Parcel& parcel = *message.parcel;
    Offer offer;
    offer.task_id = message.task_id;
    offer.version = parcel.version;
    if (*parcel.payload != "{}") offer.sha256 = sim_digest(*parcel.payload);
    if (!parcel.sha256.empty() && parcel.sha256 != offer.sha256) {
        reply(only(Heard::refused, "the content does not have the digest given"));
        return;
    }
    if (!is_two_call) {
        offer.order_id = parcel.order_id;
        offer.epoch = parcel.epoch;
    }
    offer.is_repair = parcel.is_repair && !is_two_call && live_ == offer.version &&
                      observation().content != release::ObservedContent::whole;
    const Admission admission = admit(ledger_, offer, queue_max);
    if (admission.kind == Admission::Kind::refuse) {
        trace_.note(timeline_.now(), name_, "refused " + offer.task_id + ": " + admission.message);
        reply(only(heard_of_code(admission.code), admission.message));
        return;
    }
    const bool is_new = admission.kind != Admission::Kind::repeat;
    trace_.note(timeline_.now(), name_, (is_new ? "took " : "was sent again ") + offer.task_id);
    ledger_ = record(std::move(ledger_), offer, admission);
    write_journal();
    witness_.taken(*this, offer, is_new);
    if (admission.kind == Admission::Kind::done) {
        witness_.finished(*this, ledger_.tasks.at(offer.task_id), TaskStatus::success);
    }
    if (admission.kind == Admission::Kind::run && message.time_left.count() > 0) {
        time_limits_[offer.task_id] = timeline_.now() + message.time_left;
        limit_time(offer.task_id, timeline_.now() + message.time_left);
    }
    Answer answer = accepted(ledger_.tasks.at(offer.task_id).course.status);
    if (!is_two_call) answer.capabilities = "queue,repair";
    if (!is_two_call) answer.about = identity(offer.task_id);
    reply(answer);
    start_next();
}

Answer SimNode::report(const std::string& task_id) const {
    const auto found = ledger_.tasks.find(task_id);
    if (found == ledger_.tasks.end()) return only(Heard::unknown_task, "task is not known here");
    const Course& course = found->second.course;
    Answer answer = accepted(course.status);
    if (!is_two_call) answer.capabilities = "queue,repair";
    if (!is_two_call) answer.evidence = is_blind ? "" : "check,verify_url";
    answer.about = identity(task_id);
    answer.last_error = course.last_error;
    answer.progress = progress(course);
    return answer;
}

// Agents written elsewhere report type and version of the dispatch.
release::TaskIdentity SimNode::identity(const std::string& task_id) const {
    const Entry& entry = ledger_.tasks.at(task_id);
    release::TaskIdentity about;
    about.type = to_text(entry.course.type);
    about.version = std::to_string(entry.version.value);
    if (is_two_call) return about;
    about.order_id = entry.order_id;
    about.sha256 = entry.sha256;
    return about;
}

void SimNode::receive_query(const Message& message, Reply reply) {
    const Answer answer = report(message.task_id);
    const bool is_waiting = answer.heard == Heard::accepted && !release::is_final(answer.status);
    if (is_two_call || !is_waiting || message.hold.count() == 0) {
        reply(answer);
        return;
    }
    const std::uint64_t number = next_hold_++;
    holds_.push_back(Hold{message.task_id, std::move(reply), number});
    later(message.hold, [this, number] {
        const auto found = std::find_if(holds_.begin(), holds_.end(),
                                        [&](const Hold& hold) { return hold.number == number; });
        if (found == holds_.end()) return;
        const Hold hold = std::move(*found);
        holds_.erase(found);
        hold.reply(report(hold.task_id));
    });
}

void SimNode::receive_cancel(const Message& message, const Reply& reply) {
    if (is_two_call) {
        reply(only(Heard::refused, "404 page not found"));
        return;
    }
    const CancelAnswer cancelled = cancel(ledger_, message.task_id);
    if (cancelled.code != 0) {
        reply(only(heard_of_code(cancelled.code), cancelled.message));
        return;
    }
    trace_.note(timeline_.now(), name_, "cancels " + message.task_id);
    write_journal();
    Answer answer = accepted(cancelled.status);
    answer.about = identity(message.task_id);
    reply(answer);
    if (release::is_final(cancelled.status)) {
        witness_.finished(*this, ledger_.tasks.at(message.task_id), cancelled.status);
        ended(message.task_id);
    }
}

void SimNode::write_journal() {
    journal_ = ledger_;
    if (release::has_mutant(release::Mutant::fence_not_kept)) journal_.highest_epoch.clear();
}

void SimNode::later(Millis span, std::function<void()> what) {
    timeline_.after(span, [this, life = life_, what = std::move(what)] {
        if (life == life_) what();
    });
}

void SimNode::limit_time(const std::string& task_id, Instant until) {
    const Millis left = std::max(until - timeline_.now(), Millis{0});
    later(left, [this, task_id] {
        const auto found = ledger_.tasks.find(task_id);
        if (found == ledger_.tasks.end() || release::is_final(found->second.course.status)) return;
        found->second.course.is_time_up = true;
        write_journal();
        // A pending task ends here; a running task at its next step.
        if (found->second.course.status == TaskStatus::pending) {
            set_course(task_id, settle(found->second.course));
        }
    });
}

void SimNode::set_live(std::optional<release::Version> version) {
    live_ = version;
    witness_.live_changed(*this);
}

void SimNode::crash(Millis downtime) {
    if (!is_up_) return;
    trace_.note(timeline_.now(), name_, "crashes");
    is_up_ = false;
    ++life_;
    if (running_) witness_.run_ended(*this, *running_);
    running_.reset();
    ledger_ = {};
    std::vector<Hold> broken = std::exchange(holds_, {});
    for (Hold& hold : broken)
        hold.reply(only(Heard::no_answer, "connection reset"));
    later(downtime, [this] { restart(); });
}

void SimNode::restart() {
    trace_.note(timeline_.now(), name_, "is back");
    is_up_ = true;
    ledger_ = journal_;
    if (release::has_mutant(release::Mutant::rerun_after_restart)) {
        for (auto& [id, entry] : ledger_.tasks) {
            if (entry.course.status == TaskStatus::running) entry.course = Course{};
        }
    }
    std::vector<std::string> interrupted;
    for (auto& [id, entry] : ledger_.tasks) {
        if (release::is_final(entry.course.status)) continue;
        const bool is_live_new =
            live_ == entry.version && (!entry.is_repair || exchanged_.contains(id));
        if (entry.course.status == TaskStatus::running) interrupted.push_back(id);
        entry.course = recover(entry.course, is_live_new);
        const auto limit = time_limits_.find(id);
        if (limit != time_limits_.end()) limit_time(id, limit->second);
    }
    write_journal();
    for (const std::string& id : interrupted) {
        const Course& course = ledger_.tasks.at(id).course;
        if (release::is_final(course.status)) {
            witness_.finished(*this, ledger_.tasks.at(id), course.status);
            continue;
        }
        running_ = id;
        go_on(id);
        return;
    }
    start_next();
}

void SimNode::edit() {
    if (!live_) return;
    trace_.note(timeline_.now(), name_, "has a file edited");
    versions_[*live_].is_edited = true;
}

void SimNode::wipe() {
    if (!is_up_) return;
    trace_.note(timeline_.now(), name_, "is rebuilt: everything is lost");
    crash(Millis{rng_.between(500, 5000)});
    journal_ = {};
    time_limits_.clear();
    versions_.clear();
    previous_.clear();
    exchanged_.clear();
    loaded_.reset();
    set_live(std::nullopt);
    witness_.wiped(*this);
}

}  // namespace edgeroll::sim
