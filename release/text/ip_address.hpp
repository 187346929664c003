// IP addresses as numbers, and the addresses that they embed. Pure: no resolver, no socket.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgeroll::release {

/// IPv4 uses the first four bytes; the rest are 0. An IPv4 address is never stored in its IPv6 form
/// (::ffff:a.b.c.d): the functions that make an IpAddress unwrap it.
struct IpAddress {
    bool is_v4 = false;
    std::array<std::uint8_t, 16> bytes{};

    bool operator==(const IpAddress&) const = default;
};

/// The first `prefix` bits of `base`; 0 to 32, or 0 to 128.
struct IpNetwork {
    IpAddress base;
    int prefix = 0;

    bool operator==(const IpNetwork&) const = default;
    [[nodiscard]] bool covers(const IpAddress& address) const;
    /// Every address of `other` is in this network.
    [[nodiscard]] bool covers(const IpNetwork& other) const;
};

[[nodiscard]] IpAddress ipv4_address(std::uint32_t number);
/// ::ffff:a.b.c.d becomes a.b.c.d.
[[nodiscard]] IpAddress ipv6_address(const std::array<std::uint8_t, 16>& bytes);

/// `10.0.0.1`, or an IPv6 address without brackets and zone. Nothing for other forms such as `10.1`
/// or `010.0.0.1`.
[[nodiscard]] std::optional<IpAddress> parse_ip_address(std::string_view text);

/// What the C library accepts as an IPv4 address: one to four numbers, decimal, octal (`0177`) or
/// hexadecimal (`0x7f`), where the last number fills the remaining bytes (`127.1`, `2130706433`).
[[nodiscard]] std::optional<IpAddress> parse_loose_ipv4(std::string_view text);

/// `10.0.0.0/8`, `fd00::/8`. Nothing if bits below the prefix are set.
[[nodiscard]] std::optional<IpNetwork> parse_ip_network(std::string_view text);

/// The IPv4 addresses to which traffic for this IPv6 address may go: NAT64, 6to4, Teredo, ISATAP
/// and the old forms with an IPv4 address at the end.
[[nodiscard]] std::vector<IpAddress> embedded_ipv4(const IpAddress& address);

[[nodiscard]] std::string to_text(const IpAddress& address);

}  // namespace edgeroll::release
