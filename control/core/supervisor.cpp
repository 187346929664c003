#include "control/core/supervisor.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/core/runner.hpp"
#include "tls/rt/signal.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

/// 128 random bits: unique among all releases, including deleted ones.
std::string make_order_id(Random& random) {
    constexpr const char* digits = "0123456789abcdef";
    std::string id;
    for (int i = 0; i < 32; ++i)
        id += digits[static_cast<std::size_t>(random.fraction() * 16)];
    return id;
}
/// Resting releases are not urgent: this many are claimed per look, after all others.
constexpr int resting_a_look = 16;

class SupervisorOnLoop final : public Supervisor {
  public:
    SupervisorOnLoop(boost::asio::any_io_executor executor, Store& store, Agents& agents,
                     Gates& gates, Clock& clock, Random& random, Observer& observer,
                     SupervisorOptions options)
        : executor_(std::move(executor)),
          store_(store),
          gates_(gates),
          clock_(clock),
          random_(random),
          observer_(observer),
          options_(options),
          dispatcher_(executor_, agents, clock, random, observer, options.dispatcher) {}

    void start() override {
        rt::spawn(executor_, "supervisor", look());
        rt::spawn(executor_, "supervisor tick", tick());
    }

    boost::asio::awaitable<void> stop(release::Millis grace) override {
        is_stopping_ = true;
        for (const auto& runner : runners_)
            runner->stop();
        const release::Instant end = clock_.now() + grace;
        constexpr release::Millis pause{10};
        // Also waits for a claim in progress: its runner gives it back at once.
        while ((is_claiming_ || !runners_.empty()) && clock_.now() < end) {
            co_await clock_.sleep_until(clock_.now() + pause);
        }
    }

    void nudge() override { wake_.notify(); }

    [[nodiscard]] int running() const override { return static_cast<int>(runners_.size()); }
    [[nodiscard]] int in_flight() const override { return dispatcher_.in_flight(); }
    [[nodiscard]] int dark_nodes() const override {
        int count = 0;
        for (const auto& runner : runners_)
            count += runner->dark_nodes();
        return count;
    }

  private:
    boost::asio::awaitable<void> tick() {
        while (!is_stopping_) {
            co_await clock_.sleep_until(clock_.now() + options_.interval);
            wake_.notify();
        }
    }

    boost::asio::awaitable<void> look() {
        while (!is_stopping_) {
            if (!runners_.empty()) co_await check_marks();
            co_await claim_some(std::max(options_.max_releases - at_work(), 0));
            co_await wake_.wait();
        }
    }

    /// Reads what others have changed about the releases that run here.
    boost::asio::awaitable<void> check_marks() {
        const release::Result<std::vector<Mark>> marks = co_await store_.marks();
        if (!marks) {
            trouble(marks.error(), "marks");
            co_return;
        }
        for (const Mark& mark : *marks) {
            for (const auto& runner : runners_) {
                if (runner->id() == mark.release) runner->check_mark(mark);
            }
        }
    }

    /// Resting releases take no place.
    [[nodiscard]] int at_work() const {
        const auto count = std::count_if(runners_.begin(), runners_.end(),
                                         [](const auto& runner) { return runner->takes_place(); });
        return static_cast<int>(count) + (is_claiming_work_ ? 1 : 0);
    }

    /// Called by a resting release.
    [[nodiscard]] bool may_go_on(release::ReleaseId id) {
        if (at_work() < options_.max_releases) return true;
        declined_.insert(id);
        return false;
    }

    /// @param limit free places
    boost::asio::awaitable<void> claim_some(int limit) {
        const release::Result<std::vector<Candidate>> found =
            co_await store_.claimable(limit, resting_a_look);
        if (!found) {
            trouble(found.error(), "claimable");
            co_return;
        }
        for (const Candidate& candidate : *found) {
            if (is_stopping_) co_return;
            const release::ReleaseId id = candidate.release;
            if (const auto runner = runner_of(id)) {
                // The rows were deleted and inserted again. Epoch and owner, which tell claims
                // apart, may repeat: the runner of the old rows must end first.
                runner->look_again();
                continue;
            }
            // A release that rested here may have continued elsewhere. One that could not continue
            // here is not claimed again before it can.
            const bool is_work = !candidate.is_resting || declined_.contains(id);
            const bool needs_place = is_work && !candidate.is_urgent;
            if (needs_place && at_work() >= options_.max_releases) continue;
            std::string order_id = make_order_id(random_);
            is_claiming_ = true;
            is_claiming_work_ = !candidate.is_resting && !candidate.is_urgent;
            release::Result<std::optional<Claim>> claim =
                co_await store_.claim(id, std::move(order_id));
            is_claiming_ = is_claiming_work_ = false;
            if (!claim) {
                claim_failed(id, claim.error());
                continue;
            }
            locked_.erase(id);
            if (!*claim) continue;
            observer_.note(Severity::info, "release_claimed",
                           {{"release", std::to_string(id.value)},
                            {"epoch", std::to_string((*claim)->epoch.value)}});
            run(std::move(**claim), candidate);
        }
    }

    std::shared_ptr<Runner> runner_of(release::ReleaseId id) {
        const auto found = std::find_if(runners_.begin(), runners_.end(),
                                        [&](const auto& runner) { return runner->id() == id; });
        return found == runners_.end() ? nullptr : *found;
    }

    void run(Claim claim, const Candidate& candidate) {
        const std::string name = "release " + std::to_string(claim.release.value);
        auto runner =
            std::make_shared<Runner>(executor_, store_, dispatcher_, gates_, clock_, observer_,
                                     options_.rules, options_.lease, std::move(claim));
        declined_.erase(runner->id());
        runner->take_place_by([this, id = runner->id()] { return may_go_on(id); },
                              candidate.is_resting, candidate.is_urgent);
        runner->tell_of_rollbacks([this] { wake_.notify(); });
        runners_.push_back(runner);
        if (is_stopping_) runner->stop();
        rt::spawn(executor_, name, see_through(runner));
        rt::spawn(executor_, name + " tick", tick_of(runner));
    }

    boost::asio::awaitable<void> see_through(std::shared_ptr<Runner> runner) {
        co_await runner->run();
        std::erase(runners_, runner);
        wake_.notify();  // a place is free, and another release may have waited for it
    }

    static boost::asio::awaitable<void> tick_of(std::shared_ptr<Runner> runner) {
        co_await runner->tick();
    }

    // One locked row must not delay the others. The first failure may be another process's claim in
    // progress; the second means that the row is held.
    void claim_failed(release::ReleaseId id, const release::Error& error) {
        if (error.code == release::code::busy && locked_.insert(id).second) return;
        trouble(error, "claim");
    }

    void trouble(const release::Error& error, const char* what) {
        observer_.database_error(error.outcome);
        observer_.note(Severity::warn, "database_trouble",
                       {{"during", what}, {"error", error.message}});
    }

    boost::asio::any_io_executor executor_;
    Store& store_;
    Gates& gates_;
    Clock& clock_;
    Random& random_;
    Observer& observer_;
    SupervisorOptions options_;
    Dispatcher dispatcher_;
    rt::Signal wake_;
    std::vector<std::shared_ptr<Runner>> runners_;
    std::set<release::ReleaseId> locked_;    ///< could not be claimed in the last look
    std::set<release::ReleaseId> declined_;  ///< given back since there was no place to continue
    bool is_stopping_ = false;
    bool is_claiming_ = false;       ///< a claim was sent and not answered yet
    bool is_claiming_work_ = false;  ///< ... for a release that takes a place
};

}  // namespace

std::unique_ptr<Supervisor> make_supervisor(boost::asio::any_io_executor executor, Store& store,
                                            Agents& agents, Gates& gates, Clock& clock,
                                            Random& random, Observer& observer,
                                            SupervisorOptions options) {
    return std::make_unique<SupervisorOnLoop>(std::move(executor), store, agents, gates, clock,
                                              random, observer, options);
}

}  // namespace edgeroll::control
