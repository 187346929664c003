#include "release/text/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace edgeroll::release {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

bool starts_with(const IpAddress& address, std::initializer_list<std::uint8_t> start) {
    return std::equal(start.begin(), start.end(), address.bytes.begin());
}

IpAddress four_bytes(const Bytes& bytes, std::size_t at, std::uint8_t flipped = 0) {
    IpAddress address;
    address.is_v4 = true;
    for (std::size_t i = 0; i < 4; ++i)
        address.bytes[i] = static_cast<std::uint8_t>(bytes[at + i] ^ flipped);
    return address;
}

bool are_same_bits(const IpAddress& a, const IpAddress& b, int count) {
    const auto whole = static_cast<std::size_t>(count / 8);
    if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, b.bytes.begin())) return false;
    const int rest = count % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
    return ((a.bytes[whole] ^ b.bytes[whole]) & mask) == 0;
}

/// One part of a loosely written IPv4 address.
std::optional<std::uint32_t> loose_number(std::string_view text) {
    int base = 10;
    if (text.size() > 1 && text[0] == '0') {
        base = text[1] == 'x' || text[1] == 'X' ? 16 : 8;
        text.remove_prefix(base == 16 ? 2 : 1);
        if (text.empty()) return 0;  // some libraries read a bare 0x as 0
    }
    std::uint32_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

}  // namespace

bool IpNetwork::covers(const IpAddress& address) const {
    return address.is_v4 == base.is_v4 && are_same_bits(address, base, prefix);
}

bool IpNetwork::covers(const IpNetwork& other) const {
    return other.prefix >= prefix && covers(other.base);
}

IpAddress ipv4_address(std::uint32_t number) {
    IpAddress address;
    address.is_v4 = true;
    for (std::size_t i = 0; i < 4; ++i)
        address.bytes[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    return address;
}

IpAddress ipv6_address(const Bytes& bytes) {
    IpAddress address{false, bytes};
    if (starts_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF})) {
        return four_bytes(bytes, 12);
    }
    return address;
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
    const std::string copy{text};  // inet_pton needs a terminating NUL
    if (copy.find('\0') != std::string::npos) return std::nullopt;
    Bytes bytes{};
    if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) return IpAddress{true, bytes};
    if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return ipv6_address(bytes);
    return std::nullopt;
}

std::optional<IpAddress> parse_loose_ipv4(std::string_view text) {
    std::uint64_t number = 0;
    for (int parts = 1; parts <= 4; ++parts) {
        const auto dot = text.find('.');
        const auto part = loose_number(text.substr(0, dot));
        if (!part) return std::nullopt;
        const bool is_last = dot == text.npos;
        const int bits = is_last ? 8 * (5 - parts) : 8;
        if (std::uint64_t{*part} >> bits != 0) return std::nullopt;
        number = (number << bits) | *part;
        if (is_last) return ipv4_address(static_cast<std::uint32_t>(number));
        text.remove_prefix(dot + 1);
    }
    return std::nullopt;
}

std::optional<IpNetwork> parse_ip_network(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == text.npos) return std::nullopt;
    const auto base = parse_ip_address(text.substr(0, slash));
    if (!base) return std::nullopt;
    IpNetwork network{*base, 0};
    const std::string_view digits = text.substr(slash + 1);
    const auto* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, network.prefix);
    const int most = base->is_v4 ? 32 : 128;
    if (error != std::errc() || stop != end || network.prefix < 0 || network.prefix > most) {
        return std::nullopt;
    }
    // The IPv6 form of an IPv4 network counts its prefix differently.
    if (base->is_v4 && text.find(':') != text.npos) return std::nullopt;
    for (int bit = network.prefix; bit < most; ++bit) {
        const auto byte = base->bytes[static_cast<std::size_t>(bit / 8)];
        if ((byte >> (7 - bit % 8)) & 1) return std::nullopt;
    }
    return network;
}

std::vector<IpAddress> embedded_ipv4(const IpAddress& address) {
    if (address.is_v4) return {};
    const Bytes& bytes = address.bytes;
    std::vector<IpAddress> found;
    const bool is_compatible = starts_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    const bool is_translated = starts_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0});
    const bool is_nat64 = starts_with(address, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0});
    const bool is_local_nat64 = starts_with(address, {0, 0x64, 0xFF, 0x9B, 0, 1});
    const bool is_isatap =
        (bytes[8] & 0xFD) == 0 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE;
    // :: and ::1 embed no IPv4 address.
    const bool is_own = is_compatible && bytes[12] == 0 && bytes[13] == 0 && bytes[14] == 0;
    if ((is_compatible && !is_own) || is_translated || is_nat64 || is_local_nat64 || is_isatap) {
        found.push_back(four_bytes(bytes, 12));
    }
    if (is_local_nat64) {  // RFC 6052: only the network knows how long the prefix is
        const bool has_suffix_of_48 =
            std::all_of(bytes.begin() + 11, bytes.end(), [](std::uint8_t b) { return b == 0; });
        if (has_suffix_of_48) {
            found.back() = four_bytes(Bytes{bytes[6], bytes[7], bytes[9], bytes[10]}, 0);
        }
    }
    if (starts_with(address, {0x20, 0x02})) found.push_back(four_bytes(bytes, 2));
    if (starts_with(address, {0x20, 0x01, 0, 0})) {
        found.push_back(four_bytes(bytes, 4));
        found.push_back(four_bytes(bytes, 12, 0xFF));
    }
    return found;
}

std::string to_text(const IpAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(address.is_v4 ? AF_INET : AF_INET6, address.bytes.data(), text.data(), text.size());
    return text.data();
}

}  // namespace edgeroll::release
