// URLs, queries and addresses. Two readers look at a URL: one judges whom it names, the other
// dials. They must never name two hosts.
#include <string>

#include "demand.hpp"
#include "release/text/ip_address.hpp"
#include "release/text/web_url.hpp"
#include "release/wire/call_rules.hpp"
#include "tls/router.hpp"
#include "tls/url.hpp"

namespace {

namespace release = edgeroll::release;
namespace tls = edgeroll::tls;
using edgeroll::fuzz::demand;

void check_urls(std::string_view text) {
    const auto judged = release::parse_web_url(text);
    const auto dialled = tls::parse_url(text);
    if (judged && dialled) {
        demand(judged->host == dialled->host && judged->port == dialled->port &&
                   judged->is_https == dialled->is_https,
               "both readers name the same host");
    }
    if (judged) static_cast<void>(release::is_loopback(*judged));
    if (dialled) {
        demand(!dialled->target.empty() && dialled->target.front() == '/', "a target is a path");
        demand(dialled->target.find_first_of(std::string_view("\r\n \0", 4)) == std::string::npos,
               "a target is one word");
    }
    for (const auto kind : {release::wire::CallKind::gate, release::wire::CallKind::callback}) {
        const auto refused = release::wire::refused_url({kind, {}}, text);
        demand(judged || refused, "what is no URL is refused");
    }
}

void check_texts(std::string_view text) {
    const auto decoded = tls::percent_decode(tls::percent_encode(text));
    demand(text.find('\0') != std::string_view::npos || decoded == text,
           "encoded and decoded it is the same");
    if (const auto query = tls::parse_query(text)) {
        for (const auto& [name, value] : *query)
            demand((name + value).find('\0') == std::string::npos, "no parameter has a NUL");
    }
    if (const auto listen = tls::parse_listen_address(text))
        demand(listen->port >= 0 && listen->port <= 65535, "a port is one");
}

void check_addresses(std::string_view text) {
    if (const auto address = release::parse_ip_address(text)) {
        demand(release::parse_ip_address(to_text(*address)) == address,
               "an address written and read again is the same");
        static_cast<void>(release::embedded_ipv4(*address));
        const bool is_dotted = text.find(':') == std::string_view::npos;
        demand(!is_dotted || release::parse_loose_ipv4(text) == address,
               "both readers name the same address");
    }
    if (const auto network = release::parse_ip_network(text))
        demand(network->covers(network->base), "a network has its first address");
    static_cast<void>(release::wire::parse_call_rules(release::wire::CallKind::gate, text));
}

}  // namespace

/// Every line is a text of its own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = edgeroll::fuzz::text_of(data, size);
    do {
        const std::string_view line = edgeroll::fuzz::take_line(rest);
        check_urls(line);
        check_texts(line);
        check_addresses(line);
    } while (!rest.empty());
    return 0;
}
