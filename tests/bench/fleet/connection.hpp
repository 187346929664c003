// One connection of a client: TLS over a socket that never blocks.
#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/fleet/agent.hpp"
#include "tests/bench/fleet/certificates.hpp"

namespace edgeroll::bench {

struct Connection {
    std::uint64_t id = 0;
    int fd = -1;
    SslPtr ssl;
    Agent* agent = nullptr;
    bool is_shaken = false;     ///< the handshake is done, so the client is verified
    bool is_control = false;    ///< ... and may command
    bool wants_write = false;   ///< the socket was full
    bool is_delayed = false;    ///< what arrived is on its way yet (rtt)
    bool is_last = false;       ///< closed after what is still to be written
    std::uint32_t watched = 0;  ///< events asked of epoll
    std::string received;
    std::string to_send;
    std::string held_task;          ///< the answer is held until this task ends
    std::uint64_t hold_number = 0;  ///< tells the holds of a connection apart

    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();
};

enum class Pumped : std::uint8_t {
    open,
    shaken,  ///< open, and the handshake is done just now
    closed,  ///< by the client, or broken
    no_handshake,
};

/// Reads all that arrived.
Pumped pump(Connection& connection);

/// Writes as much as the socket takes. False: the connection is broken.
bool flush(Connection& connection);

}  // namespace edgeroll::bench
