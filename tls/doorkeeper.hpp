// Which connections a server has room for: who is let in, and who has to go for it. Values only;
// the sockets are somebody else's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace edgeroll::tls {

struct DoorLimits {
    std::size_t known_max = 1024;       ///< connections that have shown who they are
    std::size_t strangers_max = 512;    ///< those that have not, a budget of their own; at least 1
    std::size_t per_address_max = 256;  ///< of one address, both kinds; 0: no limit
};

using GuestId = std::uint64_t;

/// A connection is a stranger until it is recognised, and from then on works (on a request) or
/// rests (between two). A newcomer always gets in, so that there is room for a health check or an
/// emergency stop whatever else is going on; whoever has waited longest makes room:
/// - an address at its limit: its own longest waiting stranger, else its longest resting guest.
/// When
///   all of its guests work, it has up to `spare_places` further ones for strangers;
/// - all places of strangers taken: the longest waiting one of the address that has most of them
///   (up to a 64th of the places count alike).
/// A guest that works never has to go. See docs/adr/0023.
class Doorkeeper {
  public:
    static constexpr std::size_t spare_places = 4;

    explicit Doorkeeper(DoorLimits limits) : limits_(limits) {}

    struct Admission {
        GuestId id = 0;
        std::vector<GuestId> evicted;  ///< are gone already; their connections are to be closed
    };
    /// @param address as of address_key
    [[nodiscard]] Admission admit(const std::string& address);

    struct Recognition {
        bool is_welcome = false;  ///< false: no room among the known ones; it stays a stranger
        std::vector<GuestId> evicted;
    };
    /// The guest has shown who it is; it works. Welcome, and nothing changes, when it was known.
    [[nodiscard]] Recognition recognise(GuestId id);

    /// A request has been answered: the guest waits for its next one, and is the last to go.
    void rests(GuestId id);
    void works(GuestId id);
    /// Unknown ids (evicted ones) are none of its business.
    void leave(GuestId id);

    /// Takes the stranger that would have to go next; nothing without any.
    [[nodiscard]] std::optional<GuestId> dismiss_stranger();

    [[nodiscard]] std::size_t strangers() const { return strangers_; }
    [[nodiscard]] std::size_t known() const { return known_; }

  private:
    using Queue = std::list<GuestId>;  ///< whoever has waited longest is in front
    struct Address {
        Queue strangers, resting;
        std::size_t known = 0;
    };
    using Addresses = std::map<std::string, Address>;
    struct Guest {
        Addresses::iterator address;
        std::uint64_t since = 0;
        bool is_known = false;
        bool is_waiting = false;  ///< stands in the queues below
        Queue::iterator at_address, at_hall;
    };

    [[nodiscard]] std::optional<GuestId> longest_waiting_stranger(GuestId but_not) const;
    void make_room_at(const Address& address, std::vector<GuestId>& evicted);
    void queue_up(GuestId id, Guest& guest);
    void step_out(Guest& guest);

    DoorLimits limits_;
    std::unordered_map<GuestId, Guest> guests_;
    Addresses addresses_;
    Queue resting_;
    std::size_t strangers_ = 0, known_ = 0;
    GuestId last_id_ = 0;
    std::uint64_t moment_ = 0;  ///< counts up: who came, or was answered, before whom
};

/// Whom connections are counted by: an IPv4 address is itself (also one in IPv6's clothes), of an
/// IPv6 address the first 64 bits, since that is what one customer has. Other text is itself.
[[nodiscard]] std::string address_key(std::string_view address);

/// The limits of a process that may have so many files open: at most half of them are connections.
[[nodiscard]] DoorLimits fitting(DoorLimits limits, std::size_t files_max);

}  // namespace edgeroll::tls
