// Where an agent is: addresses as they are compared, and nodes that claim the same one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/ids.hpp"

namespace edgeroll::control {

/// An IPv4 or IPv6 address as it is written by the book: without brackets and leading zeros,
/// `::ffff:10.0.0.7` as `10.0.0.7`. Nothing for anything else.
[[nodiscard]] std::optional<std::string> normal_address(std::string_view text);

/// The same, and what is no address stays as it is: of rows that came by SQL.
[[nodiscard]] std::string address_or_text(const std::string& text);

/// No agent can be asked there: 0.0.0.0, ::, multicast or broadcast. @param address normal
[[nodiscard]] bool is_no_host(const std::string& address);

struct NodePlace {
    release::NodeId id;
    std::string name;
    std::string ip;  ///< normal
    int port = 8443;
};

/// "nodes edge-1 and edge-2 have one address, 10.0.0.7:8443: …" for the first two that are one
/// agent; empty when there are none. O(n log n).
[[nodiscard]] std::string shared_address(const std::vector<NodePlace>& places);

/// "10.0.0.7:8443", "[::1]:8443"
[[nodiscard]] std::string host_and_port(const std::string& ip, int port);

}  // namespace edgeroll::control
