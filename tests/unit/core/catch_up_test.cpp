#include "control/core/catch_up.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <utility>
#include <vector>

#include "tests/support/manual_clock.hpp"
#include "tests/unit/core/fakes.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;
using release::NodeId;
using release::ReleaseId;
using release::Result;

/// Three nodes of two releases are behind.
class Behind final : public CatchUpStore {
  public:
    std::vector<std::pair<std::int64_t, std::int64_t>> left{{7, 1}, {7, 2}, {9, 3}};
    std::vector<std::pair<std::int64_t, std::size_t>> taken;  ///< release, number of nodes

    std::optional<Straggler> reached;  ///< and no node is found until the look reaches it
    std::vector<std::int64_t> asked_from;

    awaitable<Result<Stragglers>> stragglers(std::optional<Straggler> cursor, int limit) override {
        asked_from.push_back(cursor ? cursor->release.value : 0);
        if (reached && (!cursor || cursor->release != reached->release)) {
            co_return Stragglers{{}, reached};
        }
        std::vector<Straggler> found;
        for (const auto& [release, node] : left) {
            const std::pair at(release, node);
            const bool is_after =
                !cursor || at > std::pair(cursor->release.value, cursor->node.value);
            if (!is_after || static_cast<int>(found.size()) == limit) continue;
            Straggler one;
            one.release = ReleaseId{release};
            one.node = NodeId{node};
            found.push_back(one);
        }
        co_return Stragglers{found, std::nullopt};
    }
    awaitable<Result<bool>> take_up(ReleaseId id, std::vector<NodeId> nodes) override {
        taken.emplace_back(id.value, nodes.size());
        std::erase_if(left, [&](const auto& one) { return one.first == id.value; });
        co_return true;
    }
};

struct CatchingUp : testing::Test {
    Behind store;
    OneAgent agents;
    Silent observer;
    boost::asio::io_context context;
    test::ManualClock clock{context};

    void SetUp() override {
        rt::spawn(context.get_executor(), "catch up",
                  run_catch_up(store, agents, clock, observer, Millis{30'000}));
        clock.pump();
    }
};

TEST_F(CatchingUp, leaves_nodes_alone_that_are_still_away) {
    clock.advance(Millis{300'000});
    EXPECT_TRUE(store.taken.empty());
}

TEST_F(CatchingUp, takes_up_the_nodes_of_one_release_a_turn_once_they_are_back) {
    agents.is_there = true;
    clock.advance(Millis{30'000});
    ASSERT_EQ(store.taken.size(), 1U);
    EXPECT_EQ(store.taken[0], (std::pair<std::int64_t, std::size_t>(7, 2)));
    clock.advance(Millis{30'000});
    ASSERT_EQ(store.taken.size(), 2U);
    EXPECT_EQ(store.taken[1], (std::pair<std::int64_t, std::size_t>(9, 1)));
}

TEST_F(CatchingUp, goes_on_where_a_look_that_found_nobody_ended) {
    agents.is_there = true;
    store.reached = Straggler{};
    store.reached->release = ReleaseId{5};
    clock.advance(Millis{30'000});
    EXPECT_TRUE(store.taken.empty());
    clock.advance(Millis{30'000});
    ASSERT_EQ(store.taken.size(), 1U);
    EXPECT_EQ(store.asked_from, (std::vector<std::int64_t>{0, 5}));
}

}  // namespace
}  // namespace edgeroll::control
