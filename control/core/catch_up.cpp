#include "control/core/catch_up.hpp"

#include <string>
#include <utility>

namespace edgeroll::control {
namespace {

/// Limit on nodes asked, and taken up, per turn: catch-up is slow on purpose.
constexpr int nodes_a_turn = 8;

// The nodes of the first release that are back.
awaitable<std::vector<release::NodeId>> find_back(Agents& agents,
                                                  const std::vector<Straggler>& asked) {
    std::vector<release::NodeId> back;
    for (const Straggler& straggler : asked) {
        if (straggler.release != asked.front().release) break;
        if (co_await agents.is_back(straggler.address)) back.push_back(straggler.node);
    }
    co_return back;
}

awaitable<std::optional<Straggler>> turn(CatchUpStore& store, Agents& agents, Observer& observer,
                                         std::optional<Straggler> cursor) {
    const release::Result<Stragglers> looked = co_await store.stragglers(cursor, nodes_a_turn);
    if (!looked) {
        observer.database_error(looked.error().outcome);
        co_return cursor;
    }
    const std::vector<Straggler>& asked = looked->nodes;
    if (asked.empty()) co_return looked->reached;
    const release::ReleaseId id = asked.front().release;
    std::vector<release::NodeId> back = co_await find_back(agents, asked);
    for (const Straggler& straggler : asked) {
        if (straggler.release == id) cursor = straggler;
    }
    if (back.empty()) co_return cursor;
    const std::string count = std::to_string(back.size());
    const release::Result<bool> taken = co_await store.take_up(id, std::move(back));
    if (!taken) {
        observer.database_error(taken.error().outcome);
    } else if (*taken) {
        observer.note(Severity::info, "catch_up",
                      {{"release", std::to_string(id.value)}, {"nodes", count}});
    }
    co_return cursor;
}

}  // namespace

boost::asio::awaitable<void> run_catch_up(CatchUpStore& store, Agents& agents, Clock& clock,
                                          Observer& observer, release::Millis interval) {
    std::optional<Straggler> cursor;
    while (true) {
        co_await clock.sleep_until(clock.now() + interval);
        cursor = co_await turn(store, agents, observer, std::move(cursor));
    }
}

}  // namespace edgeroll::control
