#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "tls/peer.hpp"
#include "tls/spiffe_id.hpp"

namespace edgeroll::tls {
namespace {

using release::fail;
using release::Result;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_dns(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

constexpr std::string_view agent_role = "/edgeroll/agent/";

std::string shortened(const std::string& uri) {
    return uri.size() <= 200 ? uri : uri.substr(0, 200) + "...";
}

// The names in the certificate, on one line for people.
std::string names_of(const Peer& peer) {
    std::string text;
    const auto add = [&text](std::string_view kind, std::string_view name) {
        if (!text.empty()) text += ' ';
        text.append(kind).append(name);
    };
    for (const auto& name : peer.uris)
        add("uri:", name);
    for (const auto& name : peer.dns)
        add("dns:", name);
    for (const auto& name : peer.ips)
        add("ip:", name);
    if (!peer.common_name.empty()) add("cn:", peer.common_name);
    return text.empty() ? "nobody" : text.substr(0, 300);
}

// Some tools write pins with colons and capitals.
std::string normalized(std::string_view fingerprint) {
    std::string text;
    for (const char c : fingerprint) {
        if (c != ':') text += lower(c);
    }
    return text;
}

bool has_ip(const Peer& peer, std::string_view ip) {
    boost::system::error_code ec;
    const auto wanted = boost::asio::ip::make_address(std::string(ip), ec);
    if (ec) return false;
    return std::find(peer.ips.begin(), peer.ips.end(), wanted.to_string()) != peer.ips.end();
}

// Why no program can have this certificate; empty: one can.
std::string why_nobody(const Peer& peer) {
    if (peer.is_authority) {
        return "is an authority's (CA:TRUE), which no program may use; issue an ordinary one";
    }
    if (peer.uri_count > 1 || peer.uris.size() > 1) {
        return "has more than one URI name; issue one with a single role";
    }
    for (const std::string& uri : peer.uris) {
        if (claims_spiffe(uri) && !parse_spiffe(uri)) {
            return "has a malformed name, " + shortened(uri) +
                   "; the form is spiffe://TRUST-DOMAIN/PATH in lower case, without a port";
        }
    }
    return {};
}

// Why a spiffe: name is not the node's; empty: it is, or the name has another scheme.
std::string why_other_agent(const std::string& uri, const ExpectedAgent& expected) {
    const auto id = parse_spiffe(uri);
    if (!id) return {};
    const auto& domains = expected.trust_domains;
    if (!domains.empty() &&
        std::find(domains.begin(), domains.end(), id->trust_domain) == domains.end()) {
        return "the agent's certificate is of the trust domain '" + id->trust_domain +
               "', which TRUST_DOMAIN does not name; reissue the certificate, or add the domain";
    }
    if (!id->path.starts_with(agent_role)) {
        return "the agent's certificate has the role " + shortened(uri) +
               ", not an agent's; reissue it for spiffe://" + id->trust_domain +
               std::string(agent_role) + std::string(expected.name);
    }
    const std::string_view name = std::string_view(id->path).substr(agent_role.size());
    if (name == expected.name || !expected.fingerprint.empty()) return {};
    return "the agent's certificate is for the node '" + std::string(name) +
           "', and this node is '" + std::string(expected.name) +
           "'; rename the node, reissue the certificate, or pin it (cert_fingerprint)";
}

}  // namespace

Result<std::vector<IdentityPattern>> parse_identity_patterns(std::string_view text) {
    std::vector<IdentityPattern> patterns;
    while (true) {
        const auto comma = text.find(',');
        const std::string_view part = trimmed(text.substr(0, comma));
        IdentityPattern pattern;
        if (part.starts_with("uri:")) {
            pattern.kind = IdentityPattern::Kind::uri;
        } else if (part.starts_with("dns:")) {
            pattern.kind = IdentityPattern::Kind::dns;
        } else if (part.starts_with("cn:")) {
            pattern.kind = IdentityPattern::Kind::cn;
        } else {
            return fail("'" + std::string(part.substr(0, 100)) +
                        "' is not a pattern; give uri:, dns: or cn: and a name, e.g. "
                        "uri:spiffe://*/edgeroll/control");
        }
        pattern.text = part.substr(part.find(':') + 1);
        if (pattern.text.empty()) {
            return fail("'" + std::string(part) + "' has no name; give one after the colon");
        }
        patterns.push_back(std::move(pattern));
        if (comma == std::string_view::npos) return patterns;
        text.remove_prefix(comma + 1);
    }
}

bool matches(const IdentityPattern& pattern, std::string_view text) {
    const bool is_dns = pattern.kind == IdentityPattern::Kind::dns;
    const std::string_view wanted = pattern.text;
    // Wildcard match with a single backtrack point: linear in practice, never exponential.
    std::size_t w = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (w < wanted.size() && wanted[w] == '*') {
            star = w++;
            resume = t;
        } else if (w < wanted.size() &&
                   (wanted[w] == text[t] || (is_dns && lower(wanted[w]) == lower(text[t])))) {
            ++w;
            ++t;
        } else if (star != std::string_view::npos && text[resume] != '/' &&
                   !(is_dns && text[resume] == '.')) {
            w = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (w < wanted.size() && wanted[w] == '*')
        ++w;
    return w == wanted.size();
}

std::string judge_client(const std::vector<IdentityPattern>& allowed, const Peer& peer) {
    if (peer.fingerprint.empty()) return "no client certificate";
    if (const std::string odd = why_nobody(peer); !odd.empty()) {
        return "the client certificate " + odd;
    }
    const auto commands_not = [](const std::string& uri) {
        return uri.find(agent_role) != std::string::npos;
    };
    if (std::any_of(peer.uris.begin(), peer.uris.end(), commands_not)) {
        return "the client certificate is for " + names_of(peer) +
               ", an agent, and agents never command";
    }
    const auto fits_one = [](const IdentityPattern& pattern,
                             const std::vector<std::string>& names) {
        return std::any_of(names.begin(), names.end(),
                           [&](const auto& name) { return matches(pattern, name); });
    };
    for (const IdentityPattern& pattern : allowed) {
        switch (pattern.kind) {
            case IdentityPattern::Kind::uri:
                if (fits_one(pattern, peer.uris)) return {};
                break;
            case IdentityPattern::Kind::dns:
                if (fits_one(pattern, peer.dns)) return {};
                break;
            case IdentityPattern::Kind::cn:
                if (!peer.common_name.empty() && matches(pattern, peer.common_name)) return {};
                break;
        }
    }
    return "the client certificate is for " + names_of(peer) + ", which may not command this node";
}

std::string judge_agent(const Peer& peer, const ExpectedAgent& expected) {
    if (peer.fingerprint.empty()) return "the agent showed no certificate";
    if (const std::string odd = why_nobody(peer); !odd.empty()) {
        return "the agent's certificate " + odd;
    }
    for (const std::string& uri : peer.uris) {
        if (std::string other = why_other_agent(uri, expected); !other.empty()) return other;
    }
    if (!expected.fingerprint.empty()) {
        if (peer.fingerprint == normalized(expected.fingerprint)) return {};
        return "the agent's certificate has the fingerprint " + peer.fingerprint +
               ", not the one pinned for the node; set the node's cert_fingerprint to it if that "
               "is "
               "the node's new certificate";
    }
    if (has_ip(peer, expected.ip)) return {};
    const bool is_named = !expected.name.empty() &&
                          std::any_of(peer.dns.begin(), peer.dns.end(), [&](const auto& dns) {
                              return same_dns(dns, expected.name);
                          });
    if (is_named) return {};
    return "the agent's certificate is for " + names_of(peer) + ", not for " +
           std::string(expected.ip) + " or " + std::string(expected.name) +
           "; issue one with the node's address or name";
}

}  // namespace edgeroll::tls
