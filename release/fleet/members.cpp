#include "release/fleet/members.hpp"

#include <cstdint>

namespace edgeroll::release {
namespace {

/// The last steps of splitmix64: every bit of the input changes half of the output.
std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
}

std::uint64_t weight(NodeId node, const std::string& member) {
    std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
    for (const char c : member)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    return mixed(mixed(hash) ^ mixed(static_cast<std::uint64_t>(node.value) + 0x9E3779B97F4A7C15U));
}

}  // namespace

const std::string& member_of(NodeId node, const std::vector<std::string>& members) {
    const std::string* best = &members.front();
    std::uint64_t most = weight(node, *best);
    for (const std::string& member : members) {
        const std::uint64_t own = weight(node, member);
        if (own > most || (own == most && member > *best)) {
            best = &member;
            most = own;
        }
    }
    return *best;
}

}  // namespace edgeroll::release
