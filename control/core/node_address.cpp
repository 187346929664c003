#include "control/core/node_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <map>
#include <utility>

namespace edgeroll::control {
namespace {

namespace ip = boost::asio::ip;

std::string called(const NodePlace& place) {
    return place.name.empty() ? "#" + std::to_string(place.id.value) : place.name;
}

}  // namespace

std::optional<std::string> normal_address(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']') && text.find(':') != std::string_view::npos) {
        text = text.substr(1, text.size() - 2);
    }
    boost::system::error_code ec;
    const auto address = ip::make_address(std::string(text), ec);
    // The parser stops at a NUL byte. A zone gives one host many addresses, and no certificate
    // names it.
    const bool is_one = text.find_first_of(std::string_view("\0%", 2)) == std::string_view::npos;
    if (ec || !is_one) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

std::string address_or_text(const std::string& text) {
    // Hand-written rows may have blanks at either end.
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string::npos) return text;
    const std::size_t last = text.find_last_not_of(blanks);
    return normal_address(std::string_view(text).substr(first, last - first + 1)).value_or(text);
}

bool is_no_host(const std::string& address) {
    boost::system::error_code ec;
    const auto read = ip::make_address(address, ec);
    return ec || read.is_unspecified() || read.is_multicast() ||
           (read.is_v4() && read.to_v4() == ip::address_v4::broadcast());
}

std::string shared_address(const std::vector<NodePlace>& places) {
    std::map<std::pair<std::string, int>, const NodePlace*> seen;
    for (const NodePlace& place : places) {
        const auto [first, is_new] = seen.emplace(std::pair(place.ip, place.port), &place);
        if (is_new) continue;
        return "nodes " + called(*first->second) + " and " + called(place) + " have one address, " +
               host_and_port(place.ip, place.port) +
               ": that is one agent, which would be sent two tasks; correct or disable one of them";
    }
    return {};
}

std::string host_and_port(const std::string& ip, int port) {
    const bool is_ipv6 = ip.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + ip + "]" : ip) + ":" + std::to_string(port);
}

}  // namespace edgeroll::control
