// Decides which connections a server admits and which it closes to do so. Values only; the caller
// owns the sockets.
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
    std::size_t known_max = 1024;       ///< authenticated connections
    std::size_t strangers_max = 512;    ///< unauthenticated connections; at least 1
    std::size_t per_address_max = 256;  ///< connections of one address, both kinds; 0: no limit
};

using GuestId = std::uint64_t;

/// A connection is a stranger until it is authenticated; after that it works (on a request) or
/// rests (between two requests). A new connection is always admitted, so that a health check or an
/// emergency stop gets through under any load; the connection that has waited longest is closed:
/// - address at its limit: its longest waiting stranger, else its longest resting guest. If all its
///   guests work, the address gets up to `spare_places` more connections for strangers;
/// - all places of strangers taken: the longest waiting stranger of the address that has most (up
///   to a 64th of the places count alike).
/// A working guest is never closed. See docs/adr/0023.
class Doorkeeper {
  public:
    static constexpr std::size_t spare_places = 4;

    explicit Doorkeeper(DoorLimits limits) : limits_(limits) {}

    struct Admission {
        GuestId id = 0;
        std::vector<GuestId> evicted;  ///< already removed; the caller closes their connections
    };
    /// @param address as returned by address_key
    [[nodiscard]] Admission admit(const std::string& address);

    struct Recognition {
        bool is_welcome = false;  ///< false: no place for known guests; it stays a stranger
        std::vector<GuestId> evicted;
    };
    /// The guest has authenticated and works. Welcome, without a change, when it was known already.
    [[nodiscard]] Recognition recognise(GuestId id);

    /// A request has been answered: the guest waits for its next one, at the back of the queue.
    void rests(GuestId id);
    void works(GuestId id);
    /// Ignores unknown ids (evicted guests).
    void leave(GuestId id);

    /// Removes and returns the stranger to close next; nothing if there is none.
    [[nodiscard]] std::optional<GuestId> dismiss_stranger();

    [[nodiscard]] std::size_t strangers() const { return strangers_; }
    [[nodiscard]] std::size_t known() const { return known_; }

  private:
    using Queue = std::list<GuestId>;  ///< longest waiting first
    struct Address {
        Queue strangers, resting;
        std::size_t known = 0;
    };
    using Addresses = std::map<std::string, Address>;
    struct Guest {
        Addresses::iterator address;
        std::uint64_t since = 0;
        bool is_known = false;
        bool is_waiting = false;  ///< is in the queues below
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
    std::uint64_t moment_ = 0;  ///< counter that orders arrivals and answers
};

/// The key by which connections are counted: an IPv4 address itself (also when mapped into IPv6),
/// the first 64 bits of an IPv6 address, since a customer has at least that. Other text is returned
/// as it is.
[[nodiscard]] std::string address_key(std::string_view address);

/// Limits for a process with this many open files allowed: connections get at most half of them.
[[nodiscard]] DoorLimits fitting(DoorLimits limits, std::size_t files_max);

}  // namespace edgeroll::tls
