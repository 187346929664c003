// Names in certificates: as DER from a peer, and judged by the rules for clients and agents.
#include <openssl/x509.h>

#include <algorithm>
#include <string>
#include <vector>

#include "demand.hpp"
#include "tls/peer.hpp"
#include "tls/pem.hpp"
#include "tls/spiffe_id.hpp"

namespace {

namespace tls = edgeroll::tls;
using edgeroll::fuzz::demand;

bool is_clean(const std::string& name) {
    return !name.empty() && std::ranges::none_of(name, [](unsigned char c) { return c < 0x20; });
}

void judge(const tls::Peer& peer) {
    static const auto anyone = *tls::parse_identity_patterns("uri:*,dns:*,cn:*,uri:spiffe://*/*/*");
    const bool may_command = tls::judge_client(anyone, peer).empty();
    const bool is_nobody = peer.is_authority || peer.uri_count > 1;
    demand(!may_command || !is_nobody, "neither an authority nor two roles command");
    for (const std::string& uri : peer.uris) {
        demand(!may_command || uri.find("/edgeroll/agent/") == std::string::npos,
               "an agent does not command");
        demand(!may_command || !tls::claims_spiffe(uri) || tls::parse_spiffe(uri),
               "a malformed name does not command");
    }
    const std::vector<std::string> domains{"example.org"};
    const bool is_agent = tls::judge_agent(peer, {"10.0.0.1", "edge-1", "", domains}).empty();
    demand(!is_agent || !is_nobody, "neither an authority nor two roles is an agent");
}

void check_der(std::string_view der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const tls::CertificatePtr certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
    if (!certificate) return;
    const tls::Peer peer = tls::read_peer(certificate.get());
    demand(peer.fingerprint.size() == 64, "a certificate has a fingerprint");
    demand(std::ranges::all_of(peer.uris, is_clean) && std::ranges::all_of(peer.dns, is_clean) &&
               std::ranges::all_of(peer.ips, is_clean),
           "a name has no control character");
    demand(peer.common_name.empty() || is_clean(peer.common_name), "nor has the common name");
    judge(peer);
}

/// Lines: the first a list of patterns, the second a URI, the others DNS names.
void check_texts(std::string_view rest) {
    const std::string_view list = edgeroll::fuzz::take_line(rest);
    const std::string uri(edgeroll::fuzz::take_line(rest));
    tls::Peer peer;
    peer.fingerprint = std::string(64, 'a');
    if (!uri.empty()) peer.uris = {uri};
    peer.uri_count = static_cast<int>(peer.uris.size());
    while (!rest.empty())
        peer.dns.emplace_back(edgeroll::fuzz::take_line(rest));
    judge(peer);
    if (const auto id = tls::parse_spiffe(uri)) {
        demand("spiffe://" + id->trust_domain + id->path == uri, "a name is its two parts");
        demand(tls::is_trust_domain(id->trust_domain), "a trust domain is one");
    }
    if (const auto patterns = tls::parse_identity_patterns(list)) {
        for (const tls::IdentityPattern& pattern : *patterns) {
            demand(pattern.text.find('*') != std::string::npos || matches(pattern, pattern.text),
                   "a name without stars fits itself");
        }
        static_cast<void>(tls::judge_client(*patterns, peer));
    }
    static_cast<void>(tls::parse_trust_domains(list));
}

}  // namespace

/// A certificate begins with 0x30, a digit of ASCII that no pattern begins with.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = edgeroll::fuzz::text_of(data, size);
    if (text.starts_with('0')) {
        check_der(text);
    } else {
        check_texts(text);
    }
    return 0;
}
