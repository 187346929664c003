#include "control/core/supervisor.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "control/core/runner.hpp"
#include "control/core/signal.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

/// 128 random bits: no two releases have the same, whatever was deleted in between.
std::string make_order_id(Random& random) {
    constexpr const char* digits = "0123456789abcdef";
    std::string id;
    for (int i = 0; i < 32; ++i)
        id += digits[static_cast<std::size_t>(random.fraction() * 16)];
    return id;
}

class SupervisorOnLoop final : public Supervisor {
  public:
    SupervisorOnLoop(boost::asio::any_io_executor executor, Store& store, Agents& agents,
                     Gates& gates, Clock& clock, Random& random, Observer& observer,
                     SupervisorOptions options)
        : executor_(executor),
          store_(store),
          gates_(gates),
          clock_(clock),
          random_(random),
          observer_(observer),
          options_(options),
          dispatcher_(executor, agents, clock, random, observer, options.dispatcher) {}

    void start() override {
        tls::rt::spawn(executor_, "supervisor", look());
        tls::rt::spawn(executor_, "supervisor tick", tick());
    }

    boost::asio::awaitable<void> stop(release::Millis grace) override {
        is_stopping_ = true;
        for (const auto& runner : runners_)
            runner->stop();
        const release::Instant end = clock_.now() + grace;
        constexpr release::Millis pause{10};
        // A claim on its way is waited for, too: its runner gives it back at once.
        while ((is_claiming_ || !runners_.empty()) && clock_.now() < end) {
            co_await clock_.sleep_until(clock_.now() + pause);
        }
    }

    void nudge() override { wake_.notify(); }

    [[nodiscard]] int running() const override { return static_cast<int>(runners_.size()); }
    [[nodiscard]] int in_flight() const override { return dispatcher_.in_flight(); }

  private:
    boost::asio::awaitable<void> tick() {
        while (!is_stopping_) {
            co_await clock_.sleep_until(clock_.now() + options_.interval);
            wake_.notify();
        }
    }

    boost::asio::awaitable<void> look() {
        while (!is_stopping_) {
            if (!runners_.empty()) co_await glance();
            const auto idle = std::count_if(runners_.begin(), runners_.end(),
                                            [](const auto& runner) { return runner->is_idle(); });
            const int free = options_.max_releases - running() + static_cast<int>(idle);
            if (free > 0) co_await claim_some(free);
            co_await wake_.wait();
        }
    }

    /// What others have changed about the releases that run here.
    boost::asio::awaitable<void> glance() {
        const release::Result<std::vector<Mark>> marks = co_await store_.marks();
        if (!marks) {
            trouble(marks.error(), "marks");
            co_return;
        }
        for (const Mark& mark : *marks) {
            for (const auto& runner : runners_) {
                if (runner->id() == mark.release) runner->glance(mark);
            }
        }
    }

    boost::asio::awaitable<void> claim_some(int limit) {
        const release::Result<std::vector<release::ReleaseId>> ids =
            co_await store_.claimable(limit);
        if (!ids) {
            trouble(ids.error(), "claimable");
            co_return;
        }
        for (const release::ReleaseId id : *ids) {
            if (is_stopping_) co_return;
            if (const auto runner = runner_of(id)) {
                // Its rows were deleted and inserted again. Claims are told apart by epoch and
                // owner, which may be the same again: what still runs for the old rows goes first.
                runner->look_again();
                continue;
            }
            std::string order_id = make_order_id(random_);
            is_claiming_ = true;
            release::Result<std::optional<Claim>> claim =
                co_await store_.claim(id, std::move(order_id));
            is_claiming_ = false;
            if (!claim) {
                trouble(claim.error(), "claim");  // one locked row must not keep the others waiting
                continue;
            }
            if (!*claim) continue;
            observer_.note(Severity::info, "release_claimed",
                           {{"release", std::to_string(id.value)},
                            {"epoch", std::to_string((*claim)->epoch.value)}});
            run(std::move(**claim));
        }
    }

    std::shared_ptr<Runner> runner_of(release::ReleaseId id) {
        const auto found = std::find_if(runners_.begin(), runners_.end(),
                                        [&](const auto& runner) { return runner->id() == id; });
        return found == runners_.end() ? nullptr : *found;
    }

    void run(Claim claim) {
        const std::string name = "release " + std::to_string(claim.release.value);
        auto runner =
            std::make_shared<Runner>(executor_, store_, dispatcher_, gates_, clock_, observer_,
                                     options_.rules, options_.lease, std::move(claim));
        runners_.push_back(runner);
        if (is_stopping_) runner->stop();
        tls::rt::spawn(executor_, name, see_through(runner));
        tls::rt::spawn(executor_, name + " tick", tick_of(runner));
    }

    boost::asio::awaitable<void> see_through(std::shared_ptr<Runner> runner) {
        co_await runner->run();
        std::erase(runners_, runner);
        wake_.notify();  // a place is free, and another release may have waited for this one
    }

    static boost::asio::awaitable<void> tick_of(std::shared_ptr<Runner> runner) {
        co_await runner->tick();
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
    Signal wake_;
    std::vector<std::shared_ptr<Runner>> runners_;
    bool is_stopping_ = false;
    bool is_claiming_ = false;  ///< a claim was sent and its answer is not there
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
