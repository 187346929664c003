#include "tests/bench/fleet/node_list.hpp"

#include <arpa/inet.h>

#include <fstream>
#include <set>
#include <sstream>

namespace edgeroll::bench {

using release::fail;

release::Result<std::vector<NodeEntry>> read_node_list(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail("cannot read the list of nodes " + path);
    std::vector<NodeEntry> nodes;
    std::set<std::uint32_t> numbers;
    std::set<std::uint32_t> addresses;
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        NodeEntry node;
        std::string rest;
        in_addr address{};
        const bool is_good = (words >> node.number >> node.name >> node.address) &&
                             !(words >> rest) &&
                             inet_pton(AF_INET, node.address.c_str(), &address) == 1;
        if (!is_good) return fail(path + ": '" + line + "' is not NUMBER NAME ADDRESS");
        node.address_bits = address.s_addr;
        const bool is_new = numbers.insert(node.number).second;
        if (!is_new || !addresses.insert(node.address_bits).second) {
            return fail(path + ": '" + line + "' repeats a number or an address");
        }
        nodes.push_back(std::move(node));
    }
    if (nodes.empty()) return fail(path + " names no node");
    return nodes;
}

}  // namespace edgeroll::bench
