// Runs one claimed release: event in, step, check, commit, effects out. Makes no decisions itself.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "control/core/alarm.hpp"
#include "control/core/backoff.hpp"
#include "control/core/batch_writer.hpp"
#include "control/core/dispatcher.hpp"
#include "control/core/lease_keeper.hpp"
#include "control/core/ports.hpp"
#include "release/step.hpp"

namespace edgeroll::control {

/// Loop thread. One event group at a time; one database call at a time. Whatever makes the state
/// doubtful (unknown outcome, a row changed by SQL) has the same result: the state is discarded and
/// read again from the database.
class Runner : public std::enable_shared_from_this<Runner> {
  public:
    Runner(boost::asio::any_io_executor executor, Store& store, Dispatcher& dispatcher,
           Gates& gates, Clock& clock, Observer& observer, release::Rules rules,
           release::Millis lease, Claim claim);

    /// Called when a resting release continues: whether a place among the working releases is free
    /// here. If not, the claim is given back for another process, and nothing is written before.
    /// @param is_resting it was claimed as resting
    /// @param is_urgent as Candidate::is_urgent: it never takes a place
    void take_place_by(std::function<bool()> may_work, bool is_resting, bool is_urgent = false);

    /// Called when a commit has made a rollback, which is to be claimed at once.
    void tell_of_rollbacks(std::function<void()> made);

    /// Returns when the claim has ended: finished and given back, lost, or stopped and given back.
    boost::asio::awaitable<void> run();
    /// Wakes run() for renewals and alarms; ends with run().
    boost::asio::awaitable<void> tick();
    /// Asks run() to record its progress, give the claim back and return.
    void stop();

    /// Compares the database's mark with the state and reads the release if it has changed.
    void check_mark(const Mark& mark);
    /// The release may have been replaced: reads it.
    void look_again();

    [[nodiscard]] release::ReleaseId id() const { return lease_.claim().release; }
    /// Between batches with nothing running: takes no place among the working releases.
    [[nodiscard]] bool is_resting() const { return is_resting_; }
    /// It is one of the RELEASE_EXECUTOR_MAX_RELEASES.
    [[nodiscard]] bool takes_place() const {
        return !is_resting_ && !is_urgent_ && !release_.seen.aborted_for;
    }

    [[nodiscard]] int dark_nodes() const { return dark_nodes_; }

  private:
    enum class Written { done, stale, again, over };
    /// What to do next, the most urgent first.
    enum class Duty { lose, give_back, renew, read, take };

    [[nodiscard]] Duty next_duty() const;
    boost::asio::awaitable<void> turn();
    boost::asio::awaitable<void> renew();
    boost::asio::awaitable<void> read();
    boost::asio::awaitable<void> take_events();
    boost::asio::awaitable<void> take(std::vector<release::Event> events);
    boost::asio::awaitable<Written> write(release::Commit commit);
    boost::asio::awaitable<void> pause_for(release::Violation violation, release::Commit refused);
    boost::asio::awaitable<void> carry_out(std::vector<release::Effect> effects);
    boost::asio::awaitable<std::shared_ptr<const Parcel>> parcel_of(
        std::optional<release::Version> content);
    void ask_gate(release::AskGate what);
    void set_alarm(release::Instant at);
    boost::asio::awaitable<void> give_back();
    boost::asio::awaitable<void> leave_to_others(std::string why);
    void begin_life();
    void forget();
    template <class Events>
    void keep_reports(const Events& events);
    void lose(const char* reason);
    void database_trouble(const release::Error& error, const char* what);
    void narrate(const release::Commit& commit);

    boost::asio::any_io_executor executor_;
    Store& store_;
    Dispatcher& dispatcher_;
    Gates& gates_;
    Clock& clock_;
    Observer& observer_;
    release::Rules rules_;
    LeaseKeeper lease_;
    BatchWriter writer_;
    Alarm alarm_;  ///< the wake-up time of the last step
    Backoff backoff_;
    release::Release release_;
    int dark_nodes_ = 0;  ///< after the last commit: `release_` is empty while one is written
    std::vector<release::Event> kept_;  ///< results that a stale commit did not write
    std::shared_ptr<Lifeline> lifeline_;
    /// By the content's version; nothing: the release's own.
    std::map<std::optional<release::Version>, std::shared_ptr<const Parcel>> parcels_;
    bool needs_read_ = true;
    std::optional<int> batch_to_read_;  ///< unless everything is read
    bool is_stopping_ = false;
    bool is_over_ = false;
    bool is_resting_ = false;
    bool is_urgent_ = false;
    std::function<bool()> may_work_;
    std::function<void()> made_rollback_;
};

}  // namespace edgeroll::control
