// Every spelling and wrapping of an address gets the same verdict.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "release/wire/call_rules.hpp"

namespace edgeroll::release::wire {
namespace {

/// Numbers at the boundaries of special ranges, and arbitrary numbers.
std::uint32_t any_ipv4() {
    const auto base = *rc::gen::element<std::uint32_t>(
        0, 0x00FFFFFF, 0x01000000, 0x7EFFFFFF, 0x7F000000, 0x7F000001, 0x7FFFFFFF, 0x80000000,
        0xA9FE0000, 0xA9FEFFFF, 0xA9FEA9FE, 0xA9FF0000, 0xDFFFFFFF, 0xE0000000, 0xEFFFFFFF,
        0xF0000000, 0xFFFFFFFF, 0x6464C8C8, 0x646464C8, 0xA83F8110);
    return *rc::gen::element(0, 1) == 0 ? base : *rc::gen::arbitrary<std::uint32_t>();
}

/// Computed by arithmetic alone, independent of the code's table.
bool is_near(std::uint32_t n) {
    const std::uint32_t top = n >> 24;
    return top == 0 || top == 127 || (n >> 16) == 0xA9FE || (top >> 4) == 14 || n == 0xFFFFFFFF ||
           n == 0x646464C8 || n == 0xA83F8110 || n == 0xC00000C0;
}

std::string number(std::uint64_t n, int base) {
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    do {
        text.insert(text.begin(), digits[n % static_cast<std::uint64_t>(base)]);
        n /= static_cast<std::uint64_t>(base);
    } while (n > 0);
    return base == 16 ? "0x" + text : base == 8 ? "0" + text : text;
}

/// One of the spellings that the C library accepts.
std::string written(std::uint32_t n) {
    const int parts = *rc::gen::inRange(1, 5);
    std::string text;
    for (int i = 1; i <= parts; ++i) {
        const bool is_last = i == parts;
        const std::uint64_t part =
            is_last ? n & (0xFFFFFFFFULL >> (8 * (parts - 1))) : (n >> (32 - 8 * i)) & 0xFF;
        text += (i == 1 ? "" : ".") + number(part, *rc::gen::element(8, 10, 16));
    }
    return text + (*rc::gen::element(0, 1) == 0 ? "" : ".");
}

IpAddress wrapped(std::uint32_t n, int how) {
    const std::array<std::uint8_t, 4> v4{
        static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
        static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
    std::array<std::uint8_t, 16> b{};
    const auto end = [&] { std::copy(v4.begin(), v4.end(), b.begin() + 12); };
    switch (how) {
        case 0:
            b[10] = b[11] = 0xFF;
            end();
            break;
        case 1:
            b[1] = 0x64, b[2] = 0xFF, b[3] = 0x9B;
            end();
            break;
        case 2:
            b[0] = 0x20, b[1] = 0x02;
            std::copy(v4.begin(), v4.end(), b.begin() + 2);
            break;
        case 3:
            b[0] = 0x20, b[1] = 0x01, b[4] = 8, b[5] = 8, b[6] = 8, b[7] = 8;
            for (std::size_t i = 0; i < 4; ++i)
                b[12 + i] = v4[i] ^ 0xFF;
            break;
        case 4:
            b[0] = 0x2A, b[8] = 2, b[10] = 0x5E, b[11] = 0xFE;
            end();
            break;
        default:
            b[8] = b[9] = 0xFF;
            end();
            break;
    }
    return ipv6_address(b);
}

RC_GTEST_PROP(CallRulesProp, default_knows_an_address_by_every_name_it_has, ()) {
    const std::uint32_t n = any_ipv4();
    const CallRules by = *parse_call_rules(CallKind::gate, "");
    RC_ASSERT(refused_address(by, "monitor.example", ipv4_address(n), 80).has_value() ==
              is_near(n));
    RC_ASSERT(refused_host(by, written(n), 80).has_value() == is_near(n));
    const IpAddress outer = wrapped(n, *rc::gen::inRange(0, 6));
    RC_ASSERT(refused_address(by, "monitor.example", outer, 80).has_value() == is_near(n));
}

RC_GTEST_PROP(CallRulesProp, nothing_near_is_called_by_a_list_without_it, ()) {
    const std::uint32_t n = any_ipv4();
    RC_PRE(is_near(n));
    const CallRules by =
        *parse_call_rules(CallKind::callback, "0.0.0.0/0,::/0,ci.example,*.example");
    for (const char* host : {"ci.example", "a.example", "other.test"}) {
        RC_ASSERT(refused_address(by, host, ipv4_address(n), 80));
        RC_ASSERT(refused_address(by, host, wrapped(n, *rc::gen::inRange(0, 6)), 80));
    }
}

RC_GTEST_PROP(CallRulesProp, network_takes_its_own_addresses_and_no_others, ()) {
    const std::uint32_t base = *rc::gen::arbitrary<std::uint32_t>();
    const int prefix = *rc::gen::inRange(1, 33);
    const std::uint32_t mask = ~std::uint32_t{0} << (32 - prefix);
    const std::string text =
        to_text(ipv4_address(base & mask)) + "/" + std::to_string(prefix) + ":80";
    const CallRules by = *parse_call_rules(CallKind::gate, text);
    const std::uint32_t in = (base & mask) | (*rc::gen::arbitrary<std::uint32_t>() & ~mask);
    const std::uint32_t out = in ^ (std::uint32_t{1} << (32 - prefix));
    RC_ASSERT(is_near(in) || !refused_address(by, "a.example", ipv4_address(in), 80));
    RC_ASSERT(refused_address(by, "a.example", ipv4_address(in), 81));
    RC_ASSERT(refused_address(by, "a.example", ipv4_address(out), 80));
}

// Any text is either a valid list or an error, never a crash.
RC_GTEST_PROP(CallRulesProp, any_text_is_judged, ()) {
    const auto letters = rc::gen::container<std::string>(
        rc::gen::elementOf(std::string("0179afx.:/[]*,-@% \xc3ZL")));
    const auto parsed = parse_call_rules(CallKind::gate, *letters);
    if (parsed) {
        for (const CallEntry& entry : parsed->entries)
            RC_ASSERT(entry.kind != CallEntry::Kind::host || !entry.name.empty());
    }
    const std::string host = *letters;
    (void)refused_host(*parse_call_rules(CallKind::gate, ""), host, 80);
}

}  // namespace
}  // namespace edgeroll::release::wire
