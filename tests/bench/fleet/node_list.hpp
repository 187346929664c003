// The file that names the fleet's nodes: a line each of number, name and IPv4 address.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::bench {

struct NodeEntry {
    std::uint32_t number = 0;
    std::string name;
    std::string address;
    std::uint32_t address_bits = 0;  ///< in network order
};

release::Result<std::vector<NodeEntry>> read_node_list(const std::string& path);

}  // namespace edgeroll::bench
