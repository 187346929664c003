// For any sequence in which connections arrive, authenticate, work, rest and close: which
// connections have a place, and which were evicted.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tls/doorkeeper.hpp"

namespace edgeroll::tls {
namespace {

/// A model of the guests, in a plain map.
struct Hall {
    struct Guest {
        std::string address;
        bool is_known = false, works = true;
    };
    explicit Hall(DoorLimits given) : limits(given), door(given) {}

    [[nodiscard]] std::size_t count(const std::string& address, bool is_known) const {
        return static_cast<std::size_t>(std::count_if(guests.begin(), guests.end(), [&](auto& one) {
            return one.second.address == address && one.second.is_known == is_known;
        }));
    }
    [[nodiscard]] std::size_t count(bool is_known) const {
        return static_cast<std::size_t>(std::count_if(guests.begin(), guests.end(), [&](auto& one) {
            return one.second.is_known == is_known;
        }));
    }
    void show_out(const std::vector<GuestId>& evicted, GuestId newcomer) {
        RC_ASSERT(evicted.size() <= 2U);
        for (const GuestId id : evicted) {
            RC_ASSERT(id != newcomer);
            const auto found = guests.find(id);
            RC_ASSERT(found != guests.end());
            RC_ASSERT(!found->second.is_known || !found->second.works);
            guests.erase(found);
        }
    }
    void come(const std::string& address) {
        const bool is_full = door.strangers() >= limits.strangers_max;
        std::map<std::string, std::size_t> strangers;
        for (const auto& [id, guest] : guests)
            strangers[guest.address] += guest.is_known ? 0 : 1;
        const bool has_limit =
            limits.per_address_max > 0 &&
            count(address, true) + count(address, false) >= limits.per_address_max;
        const auto admission = door.admit(address);
        if (!is_full && !has_limit) RC_ASSERT(admission.evicted.empty());
        // Where only the strangers' budget was full, an address with the most strangers loses one.
        if (is_full && !has_limit) {
            ++strangers[address];
            RC_ASSERT(admission.evicted.size() == 1U);
            const auto most =
                std::max_element(strangers.begin(), strangers.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; });
            const auto paid = guests.find(admission.evicted.front());
            RC_ASSERT(paid != guests.end());
            RC_ASSERT(strangers[paid->second.address] == most->second);
        }
        show_out(admission.evicted, admission.id);
        guests[admission.id].address = address;
    }
    void check() const {
        RC_ASSERT(door.strangers() == count(false));
        RC_ASSERT(door.known() == count(true));
        RC_ASSERT(count(false) <= limits.strangers_max);
        RC_ASSERT(count(true) <= limits.known_max);
        const std::size_t limit = limits.per_address_max;
        if (limit == 0) return;
        for (const auto& [id, guest] : guests) {
            const std::size_t known = count(guest.address, true);
            RC_ASSERT(known <= limit);
            const std::size_t strangers = count(guest.address, false);
            RC_ASSERT(strangers <= std::max(limit, Doorkeeper::spare_places));
            RC_ASSERT(known + strangers <= limit + std::min(limit, Doorkeeper::spare_places));
        }
    }

    DoorLimits limits;
    Doorkeeper door;
    std::map<GuestId, Guest> guests;
};

RC_GTEST_PROP(DoorkeeperProp, nobody_has_more_than_is_his_and_a_newcomer_always_gets_in, ()) {
    DoorLimits limits;
    limits.known_max = *rc::gen::inRange<std::size_t>(1, 6);
    limits.strangers_max = *rc::gen::inRange<std::size_t>(1, 16);
    limits.per_address_max = *rc::gen::inRange<std::size_t>(0, 6);
    Hall hall(limits);
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 10), rc::gen::inRange(0, 1000)));
    for (const auto& [step, which] : steps) {
        if (step < 4 || hall.guests.empty()) {
            hall.come(std::string(1, static_cast<char>('a' + which % 3)));
            hall.check();
            continue;
        }
        auto chosen = hall.guests.begin();
        std::advance(chosen, which % static_cast<int>(hall.guests.size()));
        const GuestId id = chosen->first;
        if (step < 7) {
            hall.door.works(id);
            chosen->second.works = true;
            const auto recognition = hall.door.recognise(id);
            if (chosen->second.is_known) RC_ASSERT(recognition.is_welcome);
            if (recognition.is_welcome) chosen->second.is_known = true;
            hall.show_out(recognition.evicted, id);
        } else if (step < 9) {
            hall.door.rests(id);
            chosen->second.works = false;
        } else {
            hall.door.leave(id);
            hall.guests.erase(id);
        }
        hall.check();
    }
    while (!hall.guests.empty()) {
        hall.door.leave(hall.guests.begin()->first);
        hall.guests.erase(hall.guests.begin());
        hall.check();
    }
}

}  // namespace
}  // namespace edgeroll::tls
