#include "control/core/slots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

boost::asio::awaitable<void> take(Slots& slots, int who, std::vector<int>& order) {
    co_await slots.acquire();
    order.push_back(who);
}

TEST(Slots, gives_places_in_the_order_of_asking_and_never_more_than_there_are) {
    boost::asio::io_context context;
    Slots slots(2);
    std::vector<int> order;
    const auto pump = [&] {
        context.restart();
        context.poll();
    };

    for (int who = 1; who <= 4; ++who) {
        tls::rt::spawn(context.get_executor(), "take", take(slots, who, order));
    }
    pump();
    EXPECT_THAT(order, testing::ElementsAre(1, 2));
    slots.release();
    pump();
    EXPECT_THAT(order, testing::ElementsAre(1, 2, 3));
    slots.release();
    slots.release();
    pump();

    EXPECT_THAT(order, testing::ElementsAre(1, 2, 3, 4));
    EXPECT_EQ(slots.free(), 1);
}

}  // namespace
}  // namespace edgeroll::control
