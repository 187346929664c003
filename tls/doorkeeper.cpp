#include "tls/doorkeeper.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace edgeroll::tls {

void Doorkeeper::queue_up(GuestId id, Guest& guest) {
    guest.since = ++moment_;
    guest.is_waiting = true;
    Address& address = guest.address->second;
    Queue& queue = guest.is_known ? address.resting : address.strangers;
    guest.at_address = queue.insert(queue.end(), id);
    if (guest.is_known) guest.at_hall = resting_.insert(resting_.end(), id);
}

void Doorkeeper::step_out(Guest& guest) {
    if (!guest.is_waiting) return;
    guest.is_waiting = false;
    Address& address = guest.address->second;
    (guest.is_known ? address.resting : address.strangers).erase(guest.at_address);
    if (guest.is_known) resting_.erase(guest.at_hall);
}

void Doorkeeper::leave(GuestId id) {
    const auto found = guests_.find(id);
    if (found == guests_.end()) return;
    Guest& guest = found->second;
    step_out(guest);
    Address& address = guest.address->second;
    if (guest.is_known) {
        --known_;
        --address.known;
    } else {
        --strangers_;
    }
    if (address.known == 0 && address.strangers.empty()) addresses_.erase(guest.address);
    guests_.erase(found);
}

std::optional<GuestId> Doorkeeper::longest_waiting_stranger(GuestId but_not) const {
    const Address* most = nullptr;
    const auto first_of = [but_not](const Address& address) {
        auto first = address.strangers.begin();
        if (first != address.strangers.end() && *first == but_not) ++first;
        return first;
    };
    // Addresses with few strangers count like an address with one: two clients of an office must
    // not be closed before two thousand others that have waited longer.
    const std::size_t few = std::max<std::size_t>(limits_.strangers_max / 64, 1);
    const auto crowd = [few](const Address& address) {
        return std::max(address.strangers.size(), few);
    };
    const auto since = [this, &first_of](const Address& address) {
        return guests_.at(*first_of(address)).since;
    };
    for (const auto& [name, address] : addresses_) {
        if (first_of(address) == address.strangers.end()) continue;
        const bool is_worse = most == nullptr || crowd(address) > crowd(*most) ||
                              (crowd(address) == crowd(*most) && since(address) < since(*most));
        if (is_worse) most = &address;
    }
    if (most == nullptr) return std::nullopt;
    return *first_of(*most);
}

std::optional<GuestId> Doorkeeper::dismiss_stranger() {
    const auto id = longest_waiting_stranger(0);
    if (id) leave(*id);
    return id;
}

void Doorkeeper::make_room_at(const Address& address, std::vector<GuestId>& evicted) {
    const std::size_t limit = limits_.per_address_max;
    if (limit == 0 || address.known + address.strangers.size() < limit) return;
    std::optional<GuestId> victim;
    if (address.strangers.size() >= std::min(spare_places, limit)) {
        victim = address.strangers.front();
    } else if (!address.resting.empty()) {
        victim = address.resting.front();
    }
    if (!victim) return;
    evicted.push_back(*victim);
    leave(*victim);
}

Doorkeeper::Admission Doorkeeper::admit(const std::string& address) {
    Admission admission;
    admission.id = ++last_id_;
    if (const auto found = addresses_.find(address); found != addresses_.end()) {
        make_room_at(found->second, admission.evicted);
    }
    Guest& guest = guests_[admission.id];
    guest.address = addresses_.try_emplace(address).first;
    queue_up(admission.id, guest);
    ++strangers_;
    if (strangers_ > limits_.strangers_max) {
        if (const auto victim = longest_waiting_stranger(admission.id)) {
            admission.evicted.push_back(*victim);
            leave(*victim);
        }
    }
    return admission;
}

Doorkeeper::Recognition Doorkeeper::recognise(GuestId id) {
    Recognition recognition;
    const auto found = guests_.find(id);
    if (found == guests_.end()) return recognition;
    Guest& guest = found->second;
    if (guest.is_known) {
        recognition.is_welcome = true;
        return recognition;
    }
    Address& address = guest.address->second;
    std::optional<GuestId> victim;
    if (limits_.per_address_max > 0 && address.known >= limits_.per_address_max) {
        if (address.resting.empty()) return recognition;
        victim = address.resting.front();
    } else if (known_ >= limits_.known_max) {
        if (resting_.empty()) return recognition;
        victim = resting_.front();
    }
    if (victim) {
        recognition.evicted.push_back(*victim);
        leave(*victim);
    }
    step_out(guest);
    guest.is_known = true;
    ++address.known;
    ++known_;
    --strangers_;
    recognition.is_welcome = true;
    return recognition;
}

void Doorkeeper::rests(GuestId id) {
    const auto found = guests_.find(id);
    if (found == guests_.end()) return;
    step_out(found->second);
    queue_up(id, found->second);
}

void Doorkeeper::works(GuestId id) {
    const auto found = guests_.find(id);
    // A stranger keeps its place in the queue when it begins a request.
    if (found != guests_.end() && found->second.is_known) step_out(found->second);
}

std::string address_key(std::string_view text) {
    namespace ip = boost::asio::ip;
    boost::system::error_code ec;
    const ip::address address = ip::make_address(text, ec);
    if (ec || address.is_v4()) return std::string(text);
    const ip::address_v6 six = address.to_v6();
    if (six.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, six).to_string();
    auto bytes = six.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return ip::address_v6(bytes).to_string() + "/64";
}

DoorLimits fitting(DoorLimits limits, std::size_t files_max) {
    const std::size_t quarter = std::max<std::size_t>(files_max / 4, 1);
    limits.known_max = std::min(limits.known_max, quarter);
    limits.strangers_max = std::min(limits.strangers_max, quarter);
    return limits;
}

}  // namespace edgeroll::tls
