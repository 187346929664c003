#include "control/core/reconciler.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace edgeroll::control {
namespace {

using release::Millis;
using release::OwedCause;
using release::ReconcileRound;

/// Limit on stragglers asked, and taken up, per turn: catch-up is slow on purpose.
constexpr int stragglers_a_turn = 8;
/// Between two looks while nodes are being served, or more of them wait for their turn.
constexpr Millis busy_interval{2'000};
constexpr int rest_per_look = 10;
/// A node that did not answer is not asked again for so long, and keeps no other node waiting.
constexpr Millis unanswered_pause{60'000};

class Reconciler {
  public:
    Reconciler(ReconcileStore& store, Agents& agents, Clock& clock, Observer& observer,
               release::ReconcileRules rules)
        : store_(store), agents_(agents), clock_(clock), observer_(observer), rules_(rules) {}

    awaitable<void> run(Millis interval) {
        while (true) {
            // A look at a large fleet takes its time: the database has other work.
            const Millis busy = std::max(busy_interval, took_ * rest_per_look);
            co_await clock_.sleep_until(clock_.now() +
                                        (is_busy_ ? std::min(interval, busy) : interval));
            is_busy_ = false;
            const release::Instant begun = clock_.now();
            co_await look_at_progress();
            if (rules_.mode == release::ReconcileMode::off) continue;
            co_await serve_owed();
            took_ = clock_.now() - begun;
            co_await serve_stragglers();
        }
    }

  private:
    awaitable<void> look_at_progress() {
        const release::Result<ReconcileProgress> progress = co_await store_.progress();
        if (!progress) {
            trouble(progress.error());
            co_return;
        }
        tell_ended(progress->ended);
        const bool is_stopped = progress->pace.failures >= release::reconcile_failures_max;
        if (is_stopped && !is_stopped_) {
            observer_.note(Severity::error, "reconcile_stopped",
                           {{"failures", std::to_string(progress->pace.failures)}});
        }
        is_stopped_ = is_stopped;
        is_busy_ = progress->pace.open > 0;
    }

    void tell_ended(const std::vector<Reconciled>& ended) {
        for (const Reconciled& one : ended) {
            observer_.reconciled(one.outcome);
            const bool is_failed = one.outcome == "failed";
            observer_.note(is_failed ? Severity::warn : Severity::info, "reconciled",
                           {{"release", std::to_string(one.release.value)},
                            {"node", one.name.empty() ? std::to_string(one.node.value) : one.name},
                            {"cause", std::string(to_text(one.cause))},
                            {"outcome", one.outcome},
                            {"error", one.error}});
        }
    }

    awaitable<void> serve_owed() {
        release::Result<OwedNodes> owed = co_await store_.owed(cursor_);
        if (!owed) {
            trouble(owed.error());
            co_return;
        }
        cursor_ = owed->reached;
        if (cursor_) is_busy_ = true;
        leave_out_unanswered(owed->releases);
        release::ReconcilePlan plan =
            release::plan_reconciliation(rules_, owed->pace, owed->releases);
        tell_delays(plan.delays);
        for (ReconcileRound& round : plan.rounds) {
            co_await keep_those_there(round, owed->addresses);
            if (!round.nodes.empty()) co_await take_up(std::move(round), "reconcile");  // event
        }
    }

    void leave_out_unanswered(std::vector<release::OwedRelease>& releases) {
        std::erase_if(unanswered_, [&](const auto& entry) { return entry.second <= clock_.now(); });
        for (release::OwedRelease& release : releases) {
            std::erase_if(release.nodes, [&](const release::OwedNode& node) {
                return unanswered_.contains(node.node);
            });
        }
    }

    /// A node that went away a moment ago would become `deferred`.
    awaitable<void> keep_those_there(
        ReconcileRound& round,
        const std::vector<std::pair<release::NodeId, release::Address>>& addresses) {
        std::vector<release::OwedNode> there;
        for (release::OwedNode& node : round.nodes) {
            const auto found = std::ranges::lower_bound(
                addresses, node.node, {}, [](const auto& entry) { return entry.first; });
            if (found == addresses.end() || found->first != node.node) continue;
            release::Address address = found->second;
            const bool is_there = co_await agents_.is_back(std::move(address));
            if (!is_there) unanswered_[node.node] = clock_.now() + unanswered_pause;
            if (is_there) there.push_back(std::move(node));
        }
        round.nodes = std::move(there);
    }

    awaitable<void> serve_stragglers() {
        const release::Result<Stragglers> looked =
            co_await store_.stragglers(straggler_, stragglers_a_turn);
        if (!looked) {
            trouble(looked.error());
            co_return;
        }
        const std::vector<Straggler>& asked = looked->nodes;
        if (asked.empty()) {
            straggler_ = looked->reached;
            co_return;
        }
        ReconcileRound round{asked.front().release, {}};
        for (const Straggler& straggler : asked) {
            if (straggler.release != round.release) break;
            straggler_ = straggler;
            const bool is_back = co_await agents_.is_back(straggler.address);
            if (!is_back) continue;
            release::OwedNode node;
            node.node = straggler.node;
            node.name = straggler.address.name;
            node.cause = OwedCause::deferred;
            round.nodes.push_back(std::move(node));
        }
        if (!round.nodes.empty()) co_await take_up(std::move(round), "catch_up");  // event
    }

    awaitable<void> take_up(ReconcileRound round, const char* event) {
        const release::ReleaseId id = round.release;
        std::map<OwedCause, int> causes;
        for (const release::OwedNode& node : round.nodes)
            ++causes[node.cause];
        const release::Result<TakenUp> taken = co_await store_.take_up(rules_, std::move(round));
        if (!taken) {
            trouble(taken.error());
            co_return;
        }
        tell_ended(taken->ended);
        if (taken->nodes.empty()) {
            if (!taken->refusal.empty()) tell_refusal(id, taken->refusal);
            co_return;
        }
        refusals_.erase(id);
        is_busy_ = true;
        std::string words;
        for (const auto& [cause, count] : causes)
            words += (words.empty() ? "" : ",") + std::string(to_text(cause));
        observer_.note(Severity::info, event,
                       {{"release", std::to_string(id.value)},
                        {"nodes", std::to_string(taken->nodes.size())},
                        {"causes", words}});
    }

    void trouble(const release::Error& error) {
        observer_.database_error(error.outcome);
        observer_.note(Severity::warn, "database_trouble",
                       {{"during", "reconciliation"}, {"error", error.message}});
    }

    /// Once, while it goes on.
    void tell_refusal(release::ReleaseId id, const std::string& text) {
        std::string& told = refusals_[id];
        if (told == text) return;
        told = text;
        observer_.note(Severity::warn, "reconcile_refused",
                       {{"release", std::to_string(id.value)}, {"error", text}});
    }

    void tell_delays(const std::vector<release::ReconcileDelay>& delays) {
        for (const release::ReconcileDelay& delay : delays) {
            if (delay.why == release::ReconcileWait::pace) is_busy_ = true;
            // Of a moment, or told by other events.
            if (delay.why == release::ReconcileWait::pace ||
                delay.why == release::ReconcileWait::under_way ||
                delay.why == release::ReconcileWait::pause) {
                continue;
            }
            const std::pair one(delay.release, delay.why);
            waiting_.insert(one);
            if (!told_.insert(one).second) continue;
            observer_.note(Severity::info, "reconcile_waits",
                           {{"release", std::to_string(delay.release.value)},
                            {"nodes", std::to_string(delay.nodes.size())},
                            {"for", std::string(to_text(delay.why))}});
        }
        // All nodes were looked at: what waits no longer is told again if it does once more.
        if (!cursor_) told_ = std::exchange(waiting_, {});
    }

    ReconcileStore& store_;
    Agents& agents_;
    Clock& clock_;
    Observer& observer_;
    release::ReconcileRules rules_;
    std::optional<release::NodeId> cursor_;
    std::optional<Straggler> straggler_;
    bool is_busy_ = false, is_stopped_ = false;
    Millis took_{0};                                          ///< by the last look
    std::map<release::NodeId, release::Instant> unanswered_;  ///< until when they are left out
    std::set<std::pair<release::ReleaseId, release::ReconcileWait>> waiting_, told_;
    std::map<release::ReleaseId, std::string> refusals_;
};

}  // namespace

boost::asio::awaitable<void> run_reconciler(ReconcileStore& store, Agents& agents, Clock& clock,
                                            Observer& observer, release::ReconcileRules rules,
                                            release::Millis interval) {
    Reconciler reconciler(store, agents, clock, observer, rules);
    co_await reconciler.run(interval);
}

}  // namespace edgeroll::control
