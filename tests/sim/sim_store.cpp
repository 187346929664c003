#include "sim_store.hpp"

#include <utility>

namespace edgeroll::sim {

using control::Claim;
using release::Result;

namespace {

/// A call as the server sees it. Its sender may be dead before any of this happens, so nothing here
/// refers to the sender.
template <class T>
struct Order {
    DatabaseServer* server;
    std::string owner, what;
    std::weak_ptr<Waiting<Result<T>>> caller;
    std::function<T()> apply;
    std::optional<release::ReleaseId> locks;  ///< a write: the release whose row it locks first

    void refuse(Millis span, release::Outcome outcome) const {
        server->timeline.after(span, [order = *this, outcome] {
            const auto alive = order.caller.lock();
            if (!alive) return;
            order.server->trace.note(order.server->timeline.now(), order.owner,
                                     order.what + " fails");
            alive->complete(release::fail(order.what + " failed", outcome));
        });
    }
    void answer(Millis span, T result) const {
        server->timeline.after(span, [caller = caller, result = std::move(result)]() mutable {
            if (const auto alive = caller.lock()) alive->complete(std::move(result));
        });
    }
};

enum class Fate { answered, unknown, unknown_late };

template <class T>
void carry_out(const Order<T>& order, Fate fate, Millis back) {
    DatabaseServer& server = *order.server;
    if (order.locks && server.is_locked(*order.locks)) {
        // Another transaction has locked the row: this one waits for it.
        server.timeline.at(server.locked_until[*order.locks],
                           [order, fate, back] { carry_out(order, fate, back); });
        return;
    }
    if (fate == Fate::unknown_late) {
        // The COMMIT of a client that has given up hangs, then goes through. Meanwhile it keeps the
        // row locked, while readers see the earlier state.
        const Millis hangs{server.faults.rng().between(1, 10'000)};
        server.locked_until[*order.locks] = server.timeline.now() + hangs;
        server.timeline.after(hangs, [order] {
            if (order.server->is_down()) return;
            (void)order.apply();
            if (order.server->on_written) order.server->on_written(order.owner);
        });
        return;
    }
    if (server.is_down()) {
        order.refuse(back, release::Outcome::unknown);
        return;
    }
    T result = order.apply();
    if (fate == Fate::answered) order.answer(back, std::move(result));
    if (fate == Fate::unknown) order.refuse(back, release::Outcome::unknown);
    if (order.locks && server.on_written) server.on_written(order.owner);
}

}  // namespace

template <class T>
SimStore::Awaitable<T> SimStore::call(std::string what, std::optional<release::ReleaseId> locks,
                                      std::function<T()> apply) {
    auto waiting = std::make_shared<Waiting<Result<T>>>(context_);
    const Order<T> order{&server_, owner_, std::move(what), waiting, std::move(apply), locks};
    send(order);
    Result<T> result = co_await Waiting<Result<T>>::wait(std::move(waiting));
    co_return std::move(result);
}

template <class Order>
void SimStore::send(const Order& order) {
    Faults& faults = server_.faults;
    Millis there{rng_.between(1, server_.latency_max.count())};
    const Millis back{rng_.between(1, server_.latency_max.count())};
    if (faults.happens(Fault::database_slow)) there += Millis{rng_.between(500, 20'000)};
    if (server_.is_down()) {
        order.refuse(there, release::Outcome::not_done);
        return;
    }
    if (faults.happens(Fault::database_not_done)) {
        order.refuse(there + back, release::Outcome::not_done);
        return;
    }
    const Millis statement_timeout{rng_.between(500, 5'000)};
    if (faults.happens(Fault::database_unknown_lost)) {
        order.refuse(statement_timeout, release::Outcome::unknown);
        return;
    }
    Fate fate = Fate::answered;
    if (order.locks && faults.happens(Fault::database_unknown_late)) {
        fate = Fate::unknown_late;
        order.refuse(there, release::Outcome::unknown);
    } else if (faults.happens(Fault::database_unknown_done)) {
        fate = Fate::unknown;
    }
    server_.timeline.after(there, [order, fate, back] { carry_out(order, fate, back); });
}

Instant SimStore::good_until(Instant sent) const {
    return sent + server_.lease - server_.lease / 4;
}

SimStore::Awaitable<std::vector<control::Candidate>> SimStore::claimable(int limit, int resting) {
    std::function<std::vector<control::Candidate>()> apply = [server = &server_, limit, resting] {
        return server->database.claimable(limit, resting, server->timeline.now());
    };
    co_return co_await call("claimable", std::nullopt, std::move(apply));
}

SimStore::Awaitable<std::optional<Claim>> SimStore::claim(release::ReleaseId id,
                                                          std::string order_id) {
    const Instant sent = clock_.now();
    std::function<std::optional<release::Epoch>()> apply = [server = &server_, owner = owner_, id,
                                                            order_id = std::move(order_id)] {
        return server->database.claim(owner, id, order_id, server->timeline.now());
    };
    auto epoch = co_await call("claim", id, std::move(apply));
    if (!epoch) co_return tl::unexpected<release::Error>(epoch.error());
    std::optional<Claim> claim;
    if (!*epoch) co_return claim;
    claim.emplace();
    claim->release = id;
    claim->epoch = **epoch;
    claim->owner = owner_;
    claim->good_until = good_until(sent);
    server_.witness.holds_claim(owner_, id, claim->good_until - clock_.offset());
    server_.witness.was_disturbed(owner_, id);  // facts learned under an earlier claim are lost
    co_return claim;
}

SimStore::Awaitable<bool> SimStore::renew(Claim& claim) {
    const Instant sent = clock_.now();
    std::function<bool()> apply = [server = &server_, copy = claim] {
        return server->database.renew(copy, server->timeline.now());
    };
    auto renewed = co_await call("renew", claim.release, std::move(apply));
    // Too late to tell it from a lost claim: the process may start over.
    if (clock_.now() >= claim.good_until) server_.witness.was_disturbed(owner_, claim.release);
    if (renewed && *renewed) {
        claim.good_until = good_until(sent);
        server_.witness.holds_claim(owner_, claim.release, claim.good_until - clock_.offset());
    }
    co_return renewed;
}

SimStore::Awaitable<void> SimStore::give_back(const Claim& claim) {
    std::function<bool()> apply = [server = &server_, copy = claim] {
        server->database.give_back(copy, server->timeline.now());
        return true;
    };
    auto given = co_await call("give_back", claim.release, std::move(apply));
    if (!given) co_return tl::unexpected<release::Error>(given.error());
    co_return Result<void>();
}

SimStore::Awaitable<std::vector<control::Mark>> SimStore::marks() {
    std::function<std::vector<control::Mark>()> apply = [server = &server_, owner = owner_] {
        return server->database.marks(owner, server->timeline.now());
    };
    co_return co_await call("marks", std::nullopt, std::move(apply));
}

SimStore::Awaitable<std::optional<release::Snapshot>> SimStore::read(const Claim& claim,
                                                                     std::optional<int> part) {
    auto read_at = std::make_shared<Instant>();
    const release::ReleaseId id = claim.release;
    std::function<std::optional<release::Snapshot>()> apply = [server = &server_, copy = claim,
                                                               part, read_at] {
        *read_at = server->timeline.now();
        return server->database.read(copy, server->timeline.now(), part);
    };
    auto snapshot = co_await call("read", std::nullopt, std::move(apply));
    if (snapshot && *snapshot) server_.witness.has_read(id, *read_at, !part);
    co_return snapshot;
}

SimStore::Awaitable<control::Committed> SimStore::commit(const Claim& claim,
                                                         const release::Commit& commit) {
    server_.witness.writes(claim);
    const release::ReleaseId id = claim.release;
    std::function<control::Committed()> apply = [server = &server_, copy = claim, commit] {
        return server->database.commit(copy, commit, server->timeline.now());
    };
    if (server_.on_commit_sent) server_.on_commit_sent(id);
    auto written = co_await call("commit", id, std::move(apply));
    if (!written || *written != control::Committed::done) {
        server_.witness.was_disturbed(owner_, id);
    }
    co_return written;
}

SimStore::Awaitable<void> SimStore::record(const Claim& claim, const release::HistoryRow& row) {
    std::function<bool()> apply = [server = &server_, copy = claim, row] {
        server->database.record(copy, row);
        return true;
    };
    auto recorded = co_await call("record", claim.release, std::move(apply));
    if (!recorded) co_return tl::unexpected<release::Error>(recorded.error());
    co_return Result<void>();
}

SimStore::Awaitable<std::optional<control::Store::Payload>> SimStore::payload(
    release::Version version, release::TaskType) {
    std::function<std::optional<std::string>()> apply = [server = &server_, version] {
        return server->database.payload(version);
    };
    auto text = co_await call("payload", std::nullopt, std::move(apply));
    if (!text) co_return tl::unexpected<release::Error>(text.error());
    std::optional<Payload> payload;
    if (*text) {
        payload.emplace();
        payload->text = **text;
        payload->sha256 = sim_digest(**text);
    }
    co_return payload;
}

SimStore::Awaitable<control::Membership> SimStore::join(std::string name, Millis lease) {
    std::function<control::Membership()> apply = [server = &server_, name = std::move(name),
                                                  lease] {
        return server->database.join(name, lease, server->timeline.now());
    };
    const Instant sent = clock_.now();
    auto joined = co_await call("join", std::nullopt, std::move(apply));
    if (joined) server_.witness.is_member(owner_, good_until(sent) - clock_.offset());
    co_return joined;
}

SimStore::Awaitable<void> SimStore::leave(std::string name) {
    std::function<bool()> apply = [server = &server_, name = std::move(name)] {
        server->database.leave(name);
        return true;
    };
    auto left = co_await call("leave", std::nullopt, std::move(apply));
    if (!left) co_return tl::unexpected<release::Error>(left.error());
    co_return Result<void>();
}

SimStore::Awaitable<std::vector<release::WatchedNode>> SimStore::nodes() {
    std::function<std::vector<release::WatchedNode>()> apply = [server = &server_] {
        return server->database.watched_nodes(server->timeline.now());
    };
    co_return co_await call("nodes", std::nullopt, std::move(apply));
}

SimStore::Awaitable<std::vector<release::WatchedNode>> SimStore::write(
    std::string member, std::vector<release::Sighting> sightings) {
    std::function<std::vector<release::WatchedNode>()> apply =
        [server = &server_, owner = std::move(member), sightings = std::move(sightings)] {
            return server->database.write_sightings(owner, sightings, server->timeline.now());
        };
    co_return co_await call("write", std::nullopt, std::move(apply));
}

SimStore::Awaitable<control::ReconcileProgress> SimStore::progress() {
    std::function<control::ReconcileProgress()> apply = [server = &server_] {
        return server->database.reconcile_progress(server->timeline.now());
    };
    co_return co_await call("reconcile progress", std::nullopt, std::move(apply));
}

SimStore::Awaitable<control::OwedNodes> SimStore::owed(std::optional<release::NodeId>) {
    std::function<control::OwedNodes()> apply = [server = &server_] {
        return server->database.owed(server->timeline.now());
    };
    co_return co_await call("owed", std::nullopt, std::move(apply));
}

// Heartbeats find the deferred nodes too.
SimStore::Awaitable<control::Stragglers> SimStore::stragglers(std::optional<control::Straggler>,
                                                              int) {
    co_return control::Stragglers{};
}

SimStore::Awaitable<control::TakenUp> SimStore::take_up(release::ReconcileRules rules,
                                                        release::ReconcileRound round) {
    const release::ReleaseId id = round.release;
    std::function<control::TakenUp()> apply = [server = &server_, rules, round = std::move(round)] {
        return server->database.take_up_owed(rules, round, server->timeline.now());
    };
    co_return co_await call("take up", id, std::move(apply));
}

}  // namespace edgeroll::sim
