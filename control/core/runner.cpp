#include "control/core/runner.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "release/claim_rules.hpp"
#include "release/mutant.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {

using release::Error;
using release::Instant;
using release::Millis;
using release::Outcome;

Runner::Runner(boost::asio::any_io_executor executor, Store& store, Dispatcher& dispatcher,
               Gates& gates, Clock& clock, Observer& observer, release::Rules rules, Millis lease,
               Claim claim)
    : executor_(std::move(executor)),
      store_(store),
      dispatcher_(dispatcher),
      gates_(gates),
      clock_(clock),
      observer_(observer),
      rules_(rules),
      lease_(store, clock, std::move(claim), lease),
      writer_(clock),
      alarm_(clock),
      backoff_(clock) {
    begin_life();
}

void Runner::stop() {
    is_stopping_ = true;
    writer_.interrupt();
}

void Runner::take_place_by(std::function<bool()> may_work, bool is_resting, bool is_urgent) {
    may_work_ = std::move(may_work);
    is_resting_ = is_resting;
    is_urgent_ = is_urgent;
}

void Runner::tell_of_rollbacks(std::function<void()> made) {
    made_rollback_ = std::move(made);
}

boost::asio::awaitable<void> Runner::tick() {
    Instant renewal = lease_.renew_at();
    while (!is_over_) {
        co_await alarm_.wait_until(renewal);
        if (is_over_) break;
        const Instant now = clock_.now();
        if (alarm_.take(now)) writer_.add(release::Woken{});
        if (now < renewal) continue;
        writer_.interrupt();
        renewal = std::max(lease_.renew_at(), now + Backoff::first);
    }
}

// Frees rows and payloads even if a pausing conversation still holds the runner.
boost::asio::awaitable<void> Runner::run() {
    while (!is_over_)
        co_await turn();
    lifeline_->is_cut = true;
    release_ = release::Release{};
    parcels_.clear();
    kept_.clear();
    writer_.clear();
    alarm_.end_wait();
}

Runner::Duty Runner::next_duty() const {
    if (lease_.is_expired()) return Duty::lose;
    if (is_stopping_) return Duty::give_back;
    if (lease_.is_renewal_due()) return Duty::renew;
    if (needs_read_ || batch_to_read_) return Duty::read;
    return Duty::take;
}

boost::asio::awaitable<void> Runner::turn() {
    switch (next_duty()) {
        case Duty::lose:
            lose("the lease could not be renewed in time");
            break;
        case Duty::give_back:
            co_await give_back();
            break;
        case Duty::renew:
            co_await renew();
            break;
        case Duty::read:
            co_await read();
            break;
        case Duty::take:
            co_await take_events();
            break;
    }
}

boost::asio::awaitable<void> Runner::renew() {
    const release::Result<LeaseKeeper::Renewed> renewed = co_await lease_.renew();
    if (!renewed) {
        database_trouble(renewed.error(), "renew");
        co_await backoff_.pause();
        co_return;
    }
    if (*renewed == LeaseKeeper::Renewed::fenced) {
        lose("another process holds the claim, or the release is gone");
        co_return;
    }
    backoff_.reset();
    // Conversations that wanted to send meanwhile have stopped for good, so all are started anew.
    if (*renewed == LeaseKeeper::Renewed::late) forget();
    lifeline_->good_until = lease_.claim().good_until;
    needs_read_ = true;  // every renewal notices rows changed by SQL (docs/contract.md 4.6)
}

boost::asio::awaitable<void> Runner::read() {
    const std::optional<int> part = needs_read_ ? std::nullopt : batch_to_read_;
    release::Result<std::optional<release::Snapshot>> snapshot =
        co_await store_.read(lease_.claim(), part);
    if (!snapshot) {
        database_trouble(snapshot.error(), "read");
        co_await backoff_.pause();
        co_return;
    }
    if (!*snapshot) {
        lose("another process holds the claim, or the release is gone");
        co_return;
    }
    backoff_.reset();
    if (std::optional<std::string> why = release::why_left_to_others(**snapshot)) {
        co_await leave_to_others(std::move(*why));
        co_return;
    }
    needs_read_ = false;
    batch_to_read_.reset();
    if ((*snapshot)->bans != release_.seen.bans) parcels_.clear();  // each contains the bans
    release::Observed observed;
    observed.snapshot = std::move(**snapshot);
    std::vector<release::Event> events;
    events.emplace_back(std::move(observed));
    std::move(kept_.begin(), kept_.end(), std::back_inserter(events));
    kept_.clear();
    // What agents said meanwhile: a node whose answer is here must not be given up as silent. A
    // part may show that all must be read first.
    const std::size_t room = part ? 0 : release::events_per_step;
    std::vector<release::Event> meanwhile = writer_.take(room - std::min(room, events.size()));
    std::move(meanwhile.begin(), meanwhile.end(), std::back_inserter(events));
    co_await take(std::move(events));
}

boost::asio::awaitable<void> Runner::take_events() {
    std::vector<release::Event> events = co_await writer_.next_group();
    if (events.empty() || lease_.is_expired()) co_return;
    co_await take(std::move(events));
}

boost::asio::awaitable<void> Runner::take(std::vector<release::Event> events) {
    const auto* reading = std::get_if<release::Observed>(&events.front());
    const bool is_all_read = reading != nullptr && !reading->snapshot.part;
    release::Release before;
    if (release::has_mutant(release::Mutant::unknown_is_failed)) before = release_;
    release::Step done = release::step(std::move(release_), events, clock_.now());
    std::optional<release::Violation> violation = release::check(done);
    if (!violation && is_all_read) violation = release::check_all(done.next);
    if (violation) {
        co_await pause_for(std::move(*violation), std::move(done.commit));
        co_return;
    }
    if (is_resting_ && release::needs_place(done.next)) {
        if (may_work_ && !is_urgent_ && !may_work_()) {
            observer_.note(
                Severity::info, "release_let_go",
                {{"release", std::to_string(lease_.claim().release.value)},
                 {"reason", "continues, and RELEASE_EXECUTOR_MAX_RELEASES are running here"}});
            co_await give_back();
            co_return;
        }
        is_resting_ = false;  // before the commit answers: no other release may take the place
    }
    if (release::has_mutant(release::Mutant::send_before_intent) && !parcels_.empty()) {
        co_await carry_out(done.after_commit);
    }
    if (!done.commit.is_empty()) {
        Written written = co_await write(done.commit);
        if (written == Written::over) co_return;
        if (written == Written::stale && done.commit.decides_nothing()) {
            // The header has changed, but the write does not depend on the changes: no reason to
            // discard the state and ask every agent again.
            needs_read_ = true;
            written = Written::done;
        }
        if (written == Written::stale) {
            keep_reports(events);
            keep_reports(writer_.waiting());
        }
        if (written != Written::done) {
            if (release::has_mutant(release::Mutant::unknown_is_failed)) {
                release_ = std::move(before);
                co_return;
            }
            forget();
            co_await backoff_.pause();
            co_return;
        }
        narrate(done.commit);
        if (done.commit.creates_rollback && made_rollback_) made_rollback_();
    }
    backoff_.reset();
    release_ = std::move(done.next);
    dark_nodes_ = release::dark_nodes(release_);
    if (release_.is_observed) is_resting_ = release::is_resting(release_);
    if (done.wake_at != release::never) set_alarm(done.wake_at);
    co_await carry_out(std::move(done.after_commit));
}

boost::asio::awaitable<Runner::Written> Runner::write(release::Commit commit) {
    while (!lease_.is_expired()) {
        const release::Result<Committed> written = co_await store_.commit(lease_.claim(), commit);
        if (written) {
            if (*written == Committed::done) co_return Written::done;
            if (*written == Committed::stale) co_return Written::stale;
            lose("another process holds the claim, or the release is gone");
            co_return Written::over;
        }
        database_trouble(written.error(), "commit");
        if (written.error().outcome == Outcome::unknown) {
            // A commit without an answer may still be running in the database, unseen by a read. It
            // locks the release's row: a renewal writes that row too, so it waits, and what is read
            // afterwards is final.
            lease_.renew_soon();
            co_return Written::again;
        }
        if (written.error().outcome == Outcome::permanent) {
            // A retry cannot help and the state is doubtful: start over, slowly.
            backoff_.slow_down();
            co_return Written::again;
        }
        co_await backoff_.pause();
    }
    lose("the lease could not be renewed in time");
    co_return Written::over;
}

boost::asio::awaitable<void> Runner::pause_for(release::Violation violation,
                                               release::Commit refused) {
    observer_.violation(violation);
    const Written written = co_await write(release::violation_pause(violation, refused));
    if (written == Written::over) co_return;
    forget();
    backoff_.slow_down();
    co_await backoff_.pause();
}

boost::asio::awaitable<void> Runner::carry_out(std::vector<release::Effect> effects) {
    for (release::Effect& effect : effects) {
        if (auto* start = std::get_if<release::StartConversation>(&effect)) {
            auto parcel = co_await parcel_of(start->content);
            if (!parcel) co_return;
            dispatcher_.start(std::move(*start), std::move(parcel), lifeline_);
        } else if (auto* gate = std::get_if<release::AskGate>(&effect)) {
            ask_gate(std::move(*gate));
        } else if (auto* cancel = std::get_if<release::CancelTask>(&effect)) {
            release::Order sent;
            sent.id = release_.seen.order_id;
            sent.type = release_.seen.type;
            sent.version = release_.seen.version;
            dispatcher_.cancel(std::move(*cancel), std::move(sent), lifeline_);
        } else if (std::holds_alternative<release::DispatchNoMore>(effect)) {
            lifeline_->is_stopping = true;
        } else if (const auto* again = std::get_if<release::ReadAgain>(&effect)) {
            // A renewal reads everything, so when it is due no separate read is needed.
            if (again->batch) {
                batch_to_read_ = again->batch;
            } else {
                needs_read_ = true;
            }
        } else if (const auto* let_go = std::get_if<release::LetGo>(&effect)) {
            observer_.note(let_go->is_finished ? Severity::info : Severity::debug, "release_let_go",
                           {{"release", std::to_string(lease_.claim().release.value)},
                            {"reason", let_go->reason}});
            co_await give_back();
            co_return;
        }
    }
}

namespace {

boost::asio::awaitable<void> asking(Gates& gates, Observer& observer, release::AskGate what,
                                    Millis at_most, std::shared_ptr<Lifeline> lifeline) {
    release::GateHeard heard;
    heard.after_batch = what.after_batch;
    heard.index = what.index;
    heard.gate = what.gate;
    heard.asked_at = what.asked_at;
    heard.answer = co_await gates.ask(std::move(what), at_most);
    observer.gate_answered(heard.answer.kind);
    if (!lifeline->is_cut) lifeline->report(std::move(heard));
}

}  // namespace

void Runner::ask_gate(release::AskGate what) {
    // Minimum time for one request, even if the gate's time ended while no process asked.
    constexpr Millis moment{2'000};
    const Millis at_most = std::max(what.until - clock_.now(), moment);
    rt::spawn(executor_, "gate", asking(gates_, observer_, std::move(what), at_most, lifeline_));
}

// An earlier alarm goes off first, and the step that follows sets it again.
void Runner::set_alarm(Instant at) {
    if (at <= clock_.now()) {
        writer_.add(release::Woken{});
        return;
    }
    alarm_.set(at);
}

void Runner::check_mark(const Mark& mark) {
    const release::Snapshot& seen = release_.seen;
    if (mark.epoch != lease_.claim().epoch || !release_.is_observed) return;
    const bool is_news = mark.status != seen.status || mark.requested != seen.requested ||
                         mark.steer_seq != seen.steer_seq;
    if (is_news) look_again();
}

void Runner::look_again() {
    needs_read_ = true;
    writer_.interrupt();
}

boost::asio::awaitable<void> Runner::give_back() {
    is_over_ = true;
    lifeline_->is_cut = true;
    const release::Result<void> given = co_await store_.give_back(lease_.claim());
    // If giving back fails the claim expires: slower, never wrong.
    if (!given) database_trouble(given.error(), "give_back");
}

// Another process can take the release meanwhile; this one cannot while the runner exists.
boost::asio::awaitable<void> Runner::leave_to_others(std::string why) {
    constexpr Millis nap{250};
    observer_.note(
        Severity::warn, "release_let_go",
        {{"release", std::to_string(lease_.claim().release.value)}, {"reason", std::move(why)}});
    lifeline_->is_cut = true;
    const release::Result<void> given = co_await store_.give_back(lease_.claim());
    if (!given) database_trouble(given.error(), "give_back");
    const Instant until = clock_.now() + release::left_to_others_for;
    while (clock_.now() < until && !is_stopping_)
        co_await clock_.sleep_until(std::min(until, clock_.now() + nap));
    is_over_ = true;
}

void Runner::begin_life() {
    lifeline_ = std::make_shared<Lifeline>();
    lifeline_->release = lease_.claim().release;
    lifeline_->good_until = lease_.claim().good_until;
    lifeline_->report = [this](release::Event event) { writer_.add(std::move(event)); };
    release_ = release::Release{};
    release_.rules = rules_;
}

void Runner::forget() {
    lifeline_->is_cut = true;
    writer_.clear();
    begin_life();
    needs_read_ = true;
}

// A stale commit wrote nothing, and conversations report an end only once: the agents' results are
// applied again after the next read. A row changed by SQL keeps its value, and the result becomes a
// `late_answer` (docs/contract.md 4.6).
template <class Events>
void Runner::keep_reports(const Events& events) {
    for (const release::Event& event : events) {
        // Only as many as fit into a step with the read; nodes that still run are asked again.
        if (kept_.size() + 1 >= release::events_per_step) return;
        if (std::holds_alternative<release::Reported>(event)) kept_.push_back(event);
    }
}

void Runner::lose(const char* reason) {
    is_over_ = true;
    lifeline_->is_cut = true;
    observer_.lease_lost();
    observer_.note(Severity::warn, "lease_lost",
                   {{"release", std::to_string(lease_.claim().release.value)},
                    {"epoch", std::to_string(lease_.claim().epoch.value)},
                    {"reason", reason}});
}

void Runner::database_trouble(const Error& error, const char* what) {
    observer_.database_error(error.outcome);
    observer_.note(error.outcome == Outcome::permanent ? Severity::error : Severity::warn,
                   "database_trouble",
                   {{"release", std::to_string(lease_.claim().release.value)},
                    {"during", what},
                    {"error", error.message}});
}

void Runner::narrate(const release::Commit& commit) {
    const std::string id = std::to_string(lease_.claim().release.value);
    if (commit.release.current_batch) {
        observer_.note(Severity::info, "batch_started",
                       {{"release", id}, {"batch", std::to_string(*commit.release.current_batch)}});
    }
    for (const release::NodeChange& change : commit.nodes) {
        const bool is_failed = change.to == release::NodeStatus::failed;
        const bool was_asked = change.from == release::NodeStatus::running;
        if (!was_asked && is_final(change.to)) {
            observer_.node_finished(change.to, change.failure, Millis{0});
        }
        Fields fields{{"release", id},
                      {"node", std::to_string(change.node.value)},
                      {"status", std::string(release::to_text(change.to))},
                      {"task", change.task_id}};
        if (is_failed) {
            fields.emplace_back("kind", release::to_text(change.failure));
            fields.emplace_back("error", change.error);
        }
        observer_.note(is_failed ? Severity::warn : Severity::info, "node_status", fields);
    }
    if (commit.release.status) {
        Fields fields{{"release", id},
                      {"status", std::string(release::to_text(*commit.release.status))}};
        if (commit.release.last_error) {
            fields.emplace_back("error", *commit.release.last_error);
        }
        observer_.note(Severity::info, "release_status", fields);
    }
}

}  // namespace edgeroll::control
