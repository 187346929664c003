#include "tls/rt/clock.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>

#include "tls/rt/spawn.hpp"
#include "tls/rt/within.hpp"

namespace edgeroll::rt {
namespace {

namespace asio = boost::asio;
using release::Instant;
using release::Millis;

asio::awaitable<void> sleep(Clock& clock, Instant until, Instant& woken) {
    co_await clock.sleep_until(until);
    woken = clock.now();
}

TEST(SystemClock, wakes_at_the_time_and_not_before) {
    asio::io_context loop;
    const auto clock = make_clock(loop.get_executor());
    const Instant until = clock->now() + Millis{20};
    Instant woken{};
    spawn(loop.get_executor(), "sleeper", sleep(*clock, until, woken));
    loop.run();
    EXPECT_GE(woken, until);
}

TEST(SystemClock, returns_at_once_when_the_time_is_past) {
    asio::io_context loop;
    const auto clock = make_clock(loop.get_executor());
    Instant woken{};
    spawn(loop.get_executor(), "sleeper", sleep(*clock, Instant{}, woken));
    loop.run();
    EXPECT_NE(woken, Instant{});
}

constexpr Millis long_time{60'000};
constexpr Millis short_time{5};

asio::awaitable<int> quick() {
    co_return 7;
}

asio::awaitable<int> waiting(asio::steady_timer& gate, bool& is_over) {
    co_await gate.async_wait(asio::as_tuple(asio::use_awaitable));
    is_over = true;
    co_return 8;
}

asio::awaitable<int> broken() {
    throw std::runtime_error("broken");
    co_return 9;
}

asio::awaitable<void> try_all(asio::any_io_executor executor, asio::steady_timer& gate,
                              bool& is_over, std::vector<std::string>& seen) {
    const auto first = co_await within(executor, long_time, quick());
    seen.push_back(first ? std::to_string(*first) : "late");
    const auto second = co_await within(executor, short_time, waiting(gate, is_over));
    seen.push_back(second ? std::to_string(*second) : "late");
    EXPECT_FALSE(is_over);
    gate.cancel();
    try {
        co_await within(executor, long_time, broken());
    } catch (const std::runtime_error& e) {
        seen.emplace_back(e.what());
    }
}

TEST(Within, gives_the_value_or_leaves_late_work_behind) {
    asio::io_context loop;
    asio::steady_timer gate(loop, std::chrono::hours(1));
    bool is_over = false;
    std::vector<std::string> seen;
    spawn(loop.get_executor(), "tries", try_all(loop.get_executor(), gate, is_over, seen));
    loop.run();
    EXPECT_EQ(seen, (std::vector<std::string>{"7", "late", "broken"}));
    EXPECT_TRUE(is_over) << "late work goes on by itself";
}

asio::awaitable<void> dies() {
    throw std::runtime_error("no good");
    co_return;
}

TEST(SpawnDeathTest, ends_the_process_and_names_the_coroutine_when_one_dies) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            asio::io_context loop;
            spawn(loop.get_executor(), "the_one", dies());
            loop.run();
        },
        "event=coroutine_died name=the_one error=\"no good\"");
}

}  // namespace
}  // namespace edgeroll::rt
