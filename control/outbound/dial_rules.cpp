#include "control/outbound/dial_rules.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace edgeroll::control {
namespace {

release::IpAddress number_of(const boost::asio::ip::address& address) {
    if (address.is_v4()) return release::ipv4_address(address.to_v4().to_uint());
    const auto bytes = address.to_v6().to_bytes();
    std::array<std::uint8_t, 16> number{};
    std::copy(bytes.begin(), bytes.end(), number.begin());
    return release::ipv6_address(number);
}

}  // namespace

decltype(tls::UrlRequest::refuses) dial_rules(
    std::shared_ptr<const release::wire::CallRules> rules) {
    return [rules = std::move(rules)](const std::string& host,
                                      const boost::asio::ip::address& address, int port) {
        return release::wire::refused_address(*rules, host, number_of(address), port);
    };
}

}  // namespace edgeroll::control
