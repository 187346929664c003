#include "control/core/slots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "tls/rt/spawn.hpp"

namespace edgeroll::control {
namespace {

boost::asio::awaitable<void> take(Slots& slots, int who, bool is_proven, std::vector<int>& order) {
    co_await slots.acquire(release::ReleaseId{who % 10}, is_proven);
    order.push_back(who);
}

TEST(Slots, gives_places_in_the_order_of_asking_and_never_more_than_there_are) {
    boost::asio::io_context context;
    Slots slots(3);
    std::vector<int> order;
    const auto pump = [&] {
        context.restart();
        context.poll();
    };

    for (const int who : {1, 11, 21, 31}) {
        rt::spawn(context.get_executor(), "take", take(slots, who, true, order));
    }
    pump();
    EXPECT_THAT(order, testing::ElementsAre(1, 11)) << "the last one is for another release";
    slots.release(release::ReleaseId{1}, true);
    pump();
    EXPECT_THAT(order, testing::ElementsAre(1, 11, 21));
    rt::spawn(context.get_executor(), "take", take(slots, 2, false, order));
    pump();
    EXPECT_THAT(order, testing::ElementsAre(1, 11, 21, 2));
    EXPECT_EQ(slots.used(), 3);
    slots.release(release::ReleaseId{1}, true);
    slots.release(release::ReleaseId{1}, true);
    pump();

    EXPECT_THAT(order, testing::ElementsAre(1, 11, 21, 2, 31));
    EXPECT_EQ(slots.used(), 2);
}

}  // namespace
}  // namespace edgeroll::control
