// Addresses of agents in normal form, and detection of nodes with the same address.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/ids.hpp"

namespace edgeroll::control {

/// An IPv4 or IPv6 address in canonical form: without brackets and leading zeros, `::ffff:10.0.0.7`
/// as `10.0.0.7`. Nothing for other text.
[[nodiscard]] std::optional<std::string> normal_address(std::string_view text);

/// The same, but leaves other text as it is: for rows inserted by SQL.
[[nodiscard]] std::string address_or_text(const std::string& text);

/// No agent can have the address: 0.0.0.0, ::, multicast or broadcast. @param address normal
[[nodiscard]] bool is_no_host(const std::string& address);

struct NodePlace {
    release::NodeId id;
    std::string name;
    std::string ip;  ///< normal
    int port = 8443;
};

/// "nodes edge-1 and edge-2 have one address, 10.0.0.7:8443: …" for the first two nodes with the
/// same address; empty when there are none. O(n log n).
[[nodiscard]] std::string shared_address(const std::vector<NodePlace>& places);

/// "10.0.0.7:8443", "[::1]:8443"
[[nodiscard]] std::string host_and_port(const std::string& ip, int port);

}  // namespace edgeroll::control
