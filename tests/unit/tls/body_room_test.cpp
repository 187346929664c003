#include "tls/body_room.hpp"

#include <gtest/gtest.h>

namespace edgeroll::tls {
namespace {

using release::Instant;
using release::Millis;

TEST(BodyBudget, is_shared_and_keeps_a_reserve_for_what_is_urgent) {
    const auto budget = std::make_shared<BodyBudget>(100, 20);
    BodyRoom large(budget, false);
    EXPECT_TRUE(large.grow_to(50));
    EXPECT_TRUE(large.grow_to(80));
    EXPECT_TRUE(large.grow_to(10)) << "it has that already";
    EXPECT_FALSE(large.grow_to(81));
    EXPECT_EQ(budget->used(), 80U);
    {
        BodyRoom urgent(budget, true);
        EXPECT_TRUE(urgent.grow_to(20));
        EXPECT_FALSE(urgent.grow_to(21));
        EXPECT_EQ(budget->used(), 100U);
    }
    EXPECT_EQ(budget->used(), 80U) << "given back with the body";
    BodyRoom huge(budget, true);
    EXPECT_FALSE(huge.grow_to(static_cast<std::size_t>(-1)));
}

TEST(BodyBudget, outlives_its_owner) {
    auto budget = std::make_shared<BodyBudget>(100, 0);
    BodyRoom room(budget, false);
    EXPECT_TRUE(room.grow_to(100));
    budget.reset();
}

TEST(BodyCapacity, grows_with_what_has_arrived) {
    EXPECT_EQ(body_capacity(10, 8U << 20), 1024U);
    EXPECT_EQ(body_capacity(4096, 8U << 20), 8192U);
    EXPECT_EQ(body_capacity(5U << 20, 8U << 20), 8U << 20) << "what is missing is less";
    EXPECT_EQ(body_capacity(100, 120), 120U);
    EXPECT_EQ(body_capacity(4096, 0), 8192U);
    EXPECT_EQ(body_capacity(4096, 10), 8192U) << "more than was announced";
}

struct Pace : testing::Test {
    static Instant at(int seconds) { return Instant{} + Millis{seconds * 1000}; }
    PaceRules rules;
};

TEST_F(Pace, small_bodies_have_fifteen_seconds) {
    BodyPace pace(rules, at(100), 64U << 10);
    EXPECT_EQ(pace.until(), at(115));
    pace.arrived(at(110), 60U << 10);
    EXPECT_EQ(pace.until(), at(115));
}

TEST_F(Pace, large_ones_have_two_minutes_as_long_as_they_go_on) {
    BodyPace pace(rules, at(100), (64U << 10) + 1);
    EXPECT_EQ(pace.until(), at(115));
    pace.arrived(at(114), (15U << 10) - 1);
    EXPECT_EQ(pace.until(), at(115)) << "too little";
    pace.arrived(at(114), 15U << 10);
    EXPECT_EQ(pace.until(), at(129));
    pace.arrived(at(120), (30U << 10) - 1);
    EXPECT_EQ(pace.until(), at(129)) << "each window counts for itself";
    pace.arrived(at(121), 30U << 10);
    EXPECT_EQ(pace.until(), at(136));
    for (int second = 122; second < 220; ++second)
        pace.arrived(at(second), static_cast<std::uint64_t>(second) << 20);
    EXPECT_EQ(pace.until(), at(220)) << "the end of all patience";
}

}  // namespace
}  // namespace edgeroll::tls
