#include "release/wire/call_rules.hpp"

#include <algorithm>
#include <charconv>

#include "release/text/utf8.hpp"
#include "release/text/web_url.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t entries_max = 1'000;
constexpr std::size_t host_bytes_max = 253;

struct Special {
    const char* network;
    const char* what;
};
constexpr Special specials[] = {
    {"127.0.0.0/8", "a loopback address"},
    {"::1/128", "a loopback address"},
    {"169.254.0.0/16", "a link-local address (cloud metadata)"},
    {"fe80::/10", "a link-local address"},
    {"0.0.0.0/8", "an unspecified address"},
    {"::/128", "an unspecified address"},
    {"224.0.0.0/4", "a multicast address"},
    {"255.255.255.255/32", "a broadcast address"},
    {"ff00::/8", "a multicast address"},
    // Clouds whose metadata service has another address.
    {"100.100.100.200/32", "an address of cloud metadata"},
    {"168.63.129.16/32", "an address of cloud metadata"},
    {"192.0.0.192/32", "an address of cloud metadata"},
    {"fd00:ec2::254/128", "an address of cloud metadata"},
    {"fd20:ce::254/128", "an address of cloud metadata"},
};

struct SpecialNetwork {
    IpNetwork network;
    const char* what;
};

const SpecialNetwork* special_of(const IpAddress& address) {
    static const std::vector<SpecialNetwork> all = [] {
        std::vector<SpecialNetwork> list;
        for (const Special& one : specials)
            list.push_back({*parse_ip_network(one.network), one.what});
        return list;
    }();
    const auto found = std::find_if(all.begin(), all.end(), [&](const SpecialNetwork& one) {
        return one.network.covers(address);
    });
    return found == all.end() ? nullptr : &*found;
}

/// As DNS compares names: case and a dot at the end do not matter.
std::string normal_name(std::string_view host) {
    if (!host.empty() && host.back() == '.') host.remove_suffix(1);
    std::string name{host};
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return name;
}

/// The address in any notation; the brackets of `[::1]` are already removed.
std::optional<IpAddress> literal_of(const std::string& name) {
    if (auto address = parse_ip_address(name)) return address;
    return parse_loose_ipv4(name);
}

/// The last label is a number, so no resolver should treat it as a name (and some treat it as an
/// address).
bool ends_in_number(const std::string& name) {
    std::string_view last = name;
    last = last.substr(last.rfind('.') == last.npos ? 0 : last.rfind('.') + 1);
    if (last.starts_with("0x")) return true;
    return !last.empty() &&
           std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_local_name(const std::string& name) {
    return name == "localhost" || name.ends_with(".localhost");
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= host_bytes_max && text.front() != '.' &&
           text.find("..") == text.npos && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                      c == '.';
           });
}

bool fits_port(const CallEntry& entry, int port) {
    return !entry.port || *entry.port == port;
}

bool is_numeric(const CallEntry& entry) {
    return entry.kind == CallEntry::Kind::address || entry.kind == CallEntry::Kind::network;
}

bool names(const CallEntry& entry, const std::string& name) {
    if (entry.kind == CallEntry::Kind::host) return entry.name == name;
    return entry.kind == CallEntry::Kind::suffix && name.size() > entry.name.size() + 1 &&
           name.ends_with("." + entry.name);
}

template <class Test>
bool any_entry(const CallRules& rules, int port, Test test) {
    return std::any_of(rules.entries.begin(), rules.entries.end(), [&](const CallEntry& entry) {
        return fits_port(entry, port) && test(entry);
    });
}

std::string shown(std::string_view text) {
    constexpr std::size_t shown_max = 100;
    return shortened(repair_utf8(text), shown_max);
}

std::string with_port(std::string_view host, int port) {
    const bool is_v6 = host.find(':') != host.npos;
    return (is_v6 ? "[" + shown(host) + "]" : shown(host)) + ":" + std::to_string(port);
}

/// Whether the rules allow a call to this special address.
bool is_meant(const CallRules& rules, const std::string& name, const IpAddress& address,
              const SpecialNetwork& special, int port) {
    const bool is_loopback = std::string_view(special.what) == specials[0].what;
    if (rules.entries.empty()) {
        // Only if the URL itself says so: a name that resolves to loopback does not count.
        return rules.kind == CallKind::callback && is_loopback &&
               (name == "localhost" || literal_of(name) == address);
    }
    return any_entry(rules, port, [&](const CallEntry& entry) {
        if (is_numeric(entry)) {
            return special.network.covers(entry.network) && entry.network.covers(address);
        }
        return is_loopback && is_local_name(name) && names(entry, name);
    });
}

std::string not_listed(const CallRules& rules, std::string_view what, int port) {
    return with_port(what, port) + " is not on the list " + rules.setting();
}

Result<CallEntry> parse_entry(std::string_view text) {
    const std::string whole = shown(text);
    const auto wrong = [&](const std::string& what) {
        return fail("has '" + whole + "': " + what);
    };
    if (text.find("://") != text.npos)
        return wrong("give the host alone, without a scheme and a path");
    CallEntry entry;
    std::string_view port;
    bool has_port = false;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) return wrong("the bracket is not closed");
        const std::string_view rest = text.substr(end + 1);
        text = text.substr(1, end - 1);
        has_port = !rest.empty();
        if (has_port && rest.front() != ':') return wrong("only :PORT may follow the bracket");
        if (has_port) port = rest.substr(1);
    } else if (const auto colon = text.find(':');
               colon != text.npos && colon == text.rfind(':')) {  // several colons: IPv6
        has_port = true;
        port = text.substr(colon + 1);
        text = text.substr(0, colon);
    }
    if (has_port) {
        int number = 0;
        const auto* const end = port.data() + port.size();
        const auto [stop, error] = std::from_chars(port.data(), end, number);
        if (error != std::errc() || stop != end || number < 1 || number > 65535) {
            return wrong("the port must be 1 to 65535");
        }
        entry.port = number;
    }
    if (text.find('/') != text.npos) {
        const auto network = parse_ip_network(text);
        if (!network) {
            return wrong(
                "no host and no network; give e.g. monitor.example, *.example, 10.0.0.0/8 (no bits "
                "below the prefix) or fd00::/8");
        }
        entry.kind = CallEntry::Kind::network;
        entry.network = *network;
        return entry;
    }
    std::string name = normal_name(text);
    if (const auto address = parse_ip_address(name)) {
        entry.kind = CallEntry::Kind::address;
        entry.network = {*address, address->is_v4 ? 32 : 128};
        return entry;
    }
    if (const auto address = parse_loose_ipv4(name)) {
        return wrong("write the address as " + to_text(*address));
    }
    if (name.starts_with("*.")) {
        entry.kind = CallEntry::Kind::suffix;
        name.erase(0, 2);
    }
    if (!is_name(name) || ends_in_number(name)) {
        return wrong(
            "must be a host, *.suffix, an address or a network, with :PORT where wanted "
            "(names beyond ASCII in their xn-- form)");
    }
    entry.name = std::move(name);
    return entry;
}

}  // namespace

Result<CallRules> parse_call_rules(CallKind kind, std::string_view text) {
    CallRules rules;
    rules.kind = kind;
    if (text.find_first_not_of(" \t") == text.npos) return rules;
    while (true) {
        const auto comma = text.find(',');
        std::string_view word = text.substr(0, comma);
        while (!word.empty() && (word.front() == ' ' || word.front() == '\t'))
            word.remove_prefix(1);
        while (!word.empty() && (word.back() == ' ' || word.back() == '\t'))
            word.remove_suffix(1);
        auto entry = parse_entry(word);
        if (!entry) return tl::unexpected(entry.error());
        rules.entries.push_back(std::move(*entry));
        if (rules.entries.size() > entries_max) return fail("has more than 1000 entries");
        if (comma == text.npos) return rules;
        text.remove_prefix(comma + 1);
    }
}

std::optional<std::string> refused_host(const CallRules& rules, std::string_view host, int port) {
    const std::string name = normal_name(host);
    if (const auto address = literal_of(name)) return refused_address(rules, host, *address, port);
    if (ends_in_number(name)) {
        return "'" + shown(host) + "' is neither a name nor an address";
    }
    if (is_local_name(name)) {
        return refused_address(rules, host, *parse_ip_address("127.0.0.1"), port);
    }
    if (rules.entries.empty()) return std::nullopt;
    const bool may_be = any_entry(rules, port, [&](const CallEntry& entry) {
        return is_numeric(entry) || names(entry, name);
    });
    if (may_be) return std::nullopt;
    return not_listed(rules, host, port);
}

std::optional<std::string> refused_address(const CallRules& rules, std::string_view host,
                                           const IpAddress& address, int port) {
    const std::string name = normal_name(host);
    std::vector<IpAddress> forms = embedded_ipv4(address);
    forms.push_back(address);
    bool is_special = false;
    for (const IpAddress& form : forms) {
        const SpecialNetwork* special = special_of(form);
        if (special == nullptr) continue;
        is_special = is_special || form == address;
        if (is_meant(rules, name, form, *special, port)) continue;
        const std::string here = to_text(address);
        return (host == here ? "" : "'" + shown(host) + "' is " + here + ", and ") +
               (form == address ? here : to_text(form) + " inside it") + " is " + special->what +
               ", which only an entry of its own in " + rules.setting() + " allows";
    }
    if (rules.entries.empty() || is_special) return std::nullopt;
    const bool is_listed = any_entry(rules, port, [&](const CallEntry& entry) {
        return is_numeric(entry) ? entry.network.covers(address) : names(entry, name);
    });
    if (is_listed) return std::nullopt;
    const std::string here = to_text(address);
    return (host == here ? "" : "'" + shown(host) + "' is " + here + ", and ") +
           not_listed(rules, here, port);
}

bool names_exactly(const CallRules& rules, std::string_view host, int port) {
    const std::string name = normal_name(host);
    const auto address = literal_of(name);
    return any_entry(rules, port, [&](const CallEntry& entry) {
        if (entry.kind == CallEntry::Kind::address) return address == entry.network.base;
        return entry.kind == CallEntry::Kind::host && entry.name == name;
    });
}

bool names_a_host(const CallRules& rules) {
    return std::any_of(rules.entries.begin(), rules.entries.end(), [](const CallEntry& entry) {
        return entry.kind == CallEntry::Kind::host || entry.kind == CallEntry::Kind::address;
    });
}

std::optional<std::string> refused_url(const CallRules& rules, std::string_view text) {
    const auto url = parse_web_url(text);
    if (!url) return "it must be " + url.error().message;
    return refused_host(rules, url->host, url->port);
}

}  // namespace edgeroll::release::wire
