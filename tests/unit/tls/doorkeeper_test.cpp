#include "tls/doorkeeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::tls {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DoorLimits limits(std::size_t known, std::size_t strangers, std::size_t per_address) {
    DoorLimits result;
    result.known_max = known;
    result.strangers_max = strangers;
    result.per_address_max = per_address;
    return result;
}

struct DoorkeeperTest : testing::Test {
    GuestId come(Doorkeeper& door, const std::string& address) {
        const auto admission = door.admit(address);
        evicted = admission.evicted;
        return admission.id;
    }
    GuestId known(Doorkeeper& door, const std::string& address) {
        const GuestId id = come(door, address);
        EXPECT_TRUE(door.recognise(id).is_welcome);
        return id;
    }
    std::vector<GuestId> evicted;
};

TEST_F(DoorkeeperTest, the_longest_waiting_stranger_makes_room_for_a_new_one) {
    Doorkeeper door(limits(10, 3, 0));
    const GuestId first = come(door, "a");
    const GuestId second = come(door, "b");
    come(door, "c");
    EXPECT_THAT(evicted, IsEmpty());
    come(door, "d");
    EXPECT_THAT(evicted, ElementsAre(first));
    door.works(second);
    door.rests(second);  // it was answered: "c" has now waited longest
    come(door, "e");
    EXPECT_THAT(evicted, ElementsAre(3));
    EXPECT_EQ(door.strangers(), 3U);
}

TEST_F(DoorkeeperTest, a_header_that_has_begun_keeps_nobody_in) {
    Doorkeeper door(limits(10, 2, 0));
    const GuestId slow = come(door, "a");
    door.rests(slow);
    door.works(slow);
    come(door, "b");
    come(door, "c");
    EXPECT_THAT(evicted, ElementsAre(slow));
}

TEST_F(DoorkeeperTest, the_address_with_most_strangers_pays) {
    Doorkeeper door(limits(10, 4, 0));
    const GuestId honest = come(door, "a client");
    const GuestId flood = come(door, "flood");
    come(door, "flood");
    come(door, "flood");
    for (int i = 0; i < 50; ++i)
        come(door, "flood");
    EXPECT_TRUE(door.recognise(honest).is_welcome);
    EXPECT_FALSE(door.recognise(flood).is_welcome) << "it is gone";
}

TEST_F(DoorkeeperTest, a_few_from_one_address_do_not_go_before_a_flood_from_many) {
    constexpr std::size_t places = 512;
    Doorkeeper door(limits(10, places, 0));
    for (std::size_t i = 0; i + 2 < places; ++i)
        come(door, "flood " + std::to_string(i));
    const GuestId honest = come(door, "an office");
    const GuestId colleague = come(door, "an office");
    for (int i = 0; i < 100; ++i)
        come(door, "more " + std::to_string(i));
    EXPECT_TRUE(door.recognise(honest).is_welcome);
    EXPECT_TRUE(door.recognise(colleague).is_welcome);
}

TEST_F(DoorkeeperTest, an_address_at_its_limit_pays_itself) {
    Doorkeeper door(limits(10, 10, 2));
    const GuestId other = come(door, "b");
    const GuestId first = come(door, "a");
    come(door, "a");
    come(door, "a");
    EXPECT_THAT(evicted, ElementsAre(first));
    EXPECT_TRUE(door.recognise(other).is_welcome);
}

TEST_F(DoorkeeperTest, resting_guests_make_room_and_working_ones_never) {
    Doorkeeper door(limits(2, 10, 0));
    const GuestId first = known(door, "a");
    const GuestId second = known(door, "b");
    const GuestId third = come(door, "c");
    EXPECT_FALSE(door.recognise(third).is_welcome);
    door.rests(first);
    const auto now = door.recognise(third);
    EXPECT_TRUE(now.is_welcome);
    EXPECT_THAT(now.evicted, ElementsAre(first));
    door.rests(second);
    door.works(second);
    EXPECT_FALSE(door.recognise(come(door, "d")).is_welcome);
    EXPECT_EQ(door.known(), 2U);
}

TEST_F(DoorkeeperTest, an_address_whose_guests_all_work_has_spare_places_for_strangers) {
    Doorkeeper door(limits(100, 100, 8));
    for (int i = 0; i < 8; ++i)
        known(door, "a");
    const GuestId first = come(door, "a");
    EXPECT_THAT(evicted, IsEmpty());
    EXPECT_FALSE(door.recognise(first).is_welcome) << "it may ask for its health, no more";
    for (std::size_t i = 1; i < Doorkeeper::spare_places; ++i)
        come(door, "a");
    EXPECT_THAT(evicted, IsEmpty());
    come(door, "a");
    EXPECT_THAT(evicted, ElementsAre(first));
}

TEST_F(DoorkeeperTest, a_resting_guest_of_a_full_address_makes_room_for_another_of_its_own) {
    Doorkeeper door(limits(100, 100, 2));
    const GuestId first = known(door, "a");
    known(door, "a");
    door.rests(first);
    come(door, "a");
    EXPECT_THAT(evicted, ElementsAre(first));
}

TEST_F(DoorkeeperTest, whoever_has_left_is_forgotten) {
    Doorkeeper door(limits(1, 1, 1));
    const GuestId first = known(door, "a");
    door.leave(first);
    door.leave(first);
    door.rests(first);
    door.works(first);
    EXPECT_EQ(door.known(), 0U);
    EXPECT_FALSE(door.recognise(first).is_welcome);
    known(door, "a");
    EXPECT_THAT(evicted, IsEmpty());
    EXPECT_FALSE(door.dismiss_stranger());
    const GuestId stranger = come(door, "b");
    EXPECT_EQ(door.dismiss_stranger(), stranger);
    EXPECT_EQ(door.strangers(), 0U);
}

TEST(AddressKey, is_what_one_customer_has) {
    EXPECT_EQ(address_key("10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(address_key("::ffff:10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(address_key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(address_key("2001:db8:1:2::9"), address_key("2001:db8:1:2:ffff::"));
    EXPECT_NE(address_key("2001:db8:1:3::9"), address_key("2001:db8:1:2::9"));
    EXPECT_EQ(address_key(""), "");
}

TEST(DoorLimits, leave_half_of_the_files_to_others) {
    const DoorLimits small = fitting(DoorLimits{}, 1024);
    EXPECT_EQ(small.known_max, 256U);
    EXPECT_EQ(small.strangers_max, 256U);
    const DoorLimits large = fitting(DoorLimits{}, 65'536);
    EXPECT_EQ(large.known_max, 1024U);
    EXPECT_EQ(large.strangers_max, 512U);
    EXPECT_EQ(fitting(DoorLimits{}, 0).strangers_max, 1U);
}

}  // namespace
}  // namespace edgeroll::tls
